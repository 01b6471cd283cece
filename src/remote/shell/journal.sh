# What units have written in the last minutes, so that a person sees the cause.

# recent UNIT: a megabyte of it at most, in lines of which what comes late is no cause: awk has no more time than a
# person.
recent() {
  { timeout -k 2 10 journalctl -u "$1" --since=-5min -n 4000 --no-pager -o cat 2>/dev/null || :; } |
    tail -c 1000000 | cut -c -2000
}

# folded COUNT: the last COUNT lines of what comes in; lines that differ only in times and numbers are one, the latest.
folded() {
  awk '
    {
      key = $0
      sub(/^[IWEF][0-9]+ [0-9:.]+ +[0-9]+ /, "", key)
      sub(/^time="[^"]*" /, "", key)
      gsub(/[0-9a-f]*[0-9][0-9a-f]*/, "#", key)
      times[key]++
      last[key] = NR
      line[NR] = $0
      of[NR] = key
    }
    END {
      for (number = 1; number <= NR; number++) {
        if (last[of[number]] != number) continue
        again = times[of[number]] > 1 ? " … (repeated " times[of[number]] " times)" : ""
        print substr(line[number], 1, 300) again
      }
    }' | tail -n "$1"
}

# causes TEXTS UNIT…: of each text, one a line, the last line of a unit that has it, from a little before it on.
causes() {
  texts=$1
  shift
  for unit; do
    recent "$unit" | texts=$texts unit=$unit awk '
      BEGIN { count = split(ENVIRON["texts"], text, "\n") }
      {
        for (number = 1; number <= count; number++) {
          at = index($0, text[number])
          if (!at) continue
          times[number]++
          found[number] = at > 150 ? "… " substr($0, at - 60, 300) : substr($0, 1, at + 240)
          break
        }
      }
      END {
        for (number = 1; number <= count; number++) {
          if (!(number in found)) continue
          again = times[number] > 1 ? " … (repeated " times[number] " times)" : ""
          print ENVIRON["unit"] ": " found[number] again
        }
      }'
  done | head -n 6
}

# tell TITLE: what comes in below its title, if anything does.
tell() {
  said=$(cat)
  [ -z "$said" ] || printf '— %s\n%s\n' "$1" "$said"
}
