# needs: answers
# args: folder
# In the nearest folder that is there: how long the disk takes to keep a write of 2300 bytes, as etcd writes:
# how often it was tried, in at most 5 s, and what 99 of 100 took at most, in microseconds. The file has no name from
# the start, so nothing of it stays.
set +e

python_times='import os, sys, tempfile, time
times = []
with tempfile.TemporaryFile(dir=sys.argv[1], buffering=0) as file:
    end = time.monotonic() + 5
    while len(times) < 2000 and time.monotonic() < end:
        file.write(bytes(2300))
        begun = time.monotonic()
        os.fdatasync(file.fileno())
        times.append(time.monotonic() - begun)
times.sort()
print(len(times), int(times[(len(times) * 99 - 1) // 100] * 1e6))'

# Perl has no name for fdatasync, and none of its own for a clock this fine where only its base is installed.
perl_times='use Fcntl;
my %numbers = (x86_64 => [75, 228], aarch64 => [83, 113], riscv64 => [83, 113], ppc64le => [148, 246], s390x => [148, 260]);
my ($sync, $clock) = @{ $numbers{$ARGV[1]} || die "no number of fdatasync is known for $ARGV[1]\n" };
sub now { my $time = pack("qq", 0, 0); syscall($clock, 1, $time); my ($s, $ns) = unpack("qq", $time); $s * 1e6 + $ns / 1e3 }
my $path = "$ARGV[0]/.hawser-$$";
sysopen(my $file, $path, O_RDWR | O_CREAT | O_EXCL, 0600) or die "$path: $!\n";
unlink $path;
my ($end, @times) = now() + 5e6;
while (@times < 2000 && now() < $end) {
  defined syswrite($file, "\0" x 2300) or die "write: $!\n";
  my $begun = now();
  syscall($sync, fileno $file) == 0 or die "fdatasync: $!\n";
  push @times, now() - $begun;
}
@times = sort { $a <=> $b } @times;
printf "%d %d\n", scalar @times, $times[int((@times * 99 - 1) / 100)];'

measure() {
  case $1 in
    /*) folder=$1 ;;
    *) echo "not an absolute path: $1" >&2; return 1 ;;
  esac
  until [ -d "$folder" ]; do folder=${folder%/*}; folder=${folder:-/}; done
  if command -v python3 >/dev/null; then
    timeout 20 python3 -c "$python_times" "$folder"
  elif command -v perl >/dev/null; then
    timeout 20 perl -e "$perl_times" "$folder" "$(uname -m)"
  else
    echo 'neither python3 nor perl is installed, and one is needed to measure' >&2
    return 127
  fi
}

section sync_times measure "$folder"
section end true
