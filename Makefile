# `make help` lists the targets. Two of them do all the set-up: `make demo` and `make test`.
SHELL := bash
.SHELLFLAGS := -euo pipefail -c
.DEFAULT_GOAL := help
PROFILE ?= stacked
TIMES ?= 10
SECONDS_EACH ?= 600
TREES ?= now=.
# What `make faults` runs besides: etcd under systemd beside a compact cluster, and the ways that lab_compact breaks, broken once
# more where each host has one role.
LONG_PROOFS = binary(=lab_compact_external) + (binary(=lab_external) & test(/^(a06_programs|a34_endpoint|a36_cut_off)::/))
LAB_TESTS ?= binary(/^lab/) - binary(=lab_faults) - ($(LONG_PROOFS))
# The tests that need no lab, by their targets, so that those that do are not compiled for them; and those that take long.
UNIT = --lib $(patsubst %,--test %,$(filter-out lab%,$(basename $(notdir $(wildcard tests/*.rs))) $(notdir $(patsubst %/main.rs,%,$(wildcard tests/*/main.rs)))))
SLOW = binary(=plans) & test(/^(hostile|simulation)::/)
export INSTA_UPDATE ?= no

.PHONY: help demo test check quick slow lab-test lab-built compiled faults fuzz lab lab-down bench bench-images soak review tools measures dist

help: ## list the targets
	@grep -hE '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:.*##/\t/' | expand -t 12

tools: ## install what the tests need and the machine lacks
	@lab/tools.sh

demo: tools ## a real highly available cluster, from nothing, answering through its virtual IP
	cargo build --release --locked
	@lab/lab build
	@lab/lab up $(PROFILE)
	@lab/demo.sh $(PROFILE)

# What the lab is made of takes one core at a time, or the network, for half of its time: cargo compiles meanwhile. What fails in
# `quick` ends both.
test: tools ## every test but the long proofs
	@set -m; $(MAKE) --no-print-directory lab-built </dev/null & \
	  trap "kill -- -$$! 2>/dev/null || :" EXIT; \
	  $(MAKE) --no-print-directory quick compiled; \
	  wait $$!
	@$(MAKE) --no-print-directory slow lab-test

lab-built:
	@lab/lab build
	@lab/lab build bare

compiled:
	cargo nextest run --locked --features lab --no-run

check: tools ## format, lints, licences, shell scripts
	cargo fmt --all --check
	cargo clippy --locked --all-targets --features lab -- -D warnings
	cargo clippy --locked --package measures --all-targets -- -D warnings
	cargo deny --log-level error check bans licenses sources
	@lab/shellcheck.sh

# With the feature, as all else here: what is compiled for the lab's tests need not be compiled twice.
quick: check ## after each change: `check`, and the unit tests but the slow ones; under three minutes
	cargo nextest run --locked --features lab $(UNIT) -E 'not ($(SLOW))'

slow: tools ## the unit tests that `quick` leaves out: plans on thousands of worlds
	cargo nextest run --locked --features lab $(UNIT) -E '$(SLOW)'
	cargo nextest run --locked --package measures
	cargo test --locked --features lab --doc

lab-test: tools lab-built ## tests on the lab's real hosts; some of them with LAB_TESTS="binary(=lab_bare)"
	HAWSER_KUBEADM="$$(lab/lab path bin)/kubeadm" cargo nextest run --locked --features lab --profile lab -E '$(LAB_TESTS)'
	@lab/lab down

faults: tools ## hosts that lose power or their disk in the middle of a build, and how the next run goes on
	@lab/lab build
	HAWSER_WORLDS=10000 cargo nextest run --release --locked --features lab --test plans -E 'test(/^hostile::/)'
	@lab/faults.sh '$(LONG_PROOFS) + (binary(=lab_external) & test(/^(a05_wrong_starts|a10_build)::/))'

lab: tools ## bring up the lab's hosts (PROFILE=stacked, external, compact, compact-external, bare, bare-external or bare-offline), taking down what runs
	@lab/lab build
	@lab/lab up $(PROFILE)

lab-down: ## take the lab down; the cache stays
	@lab/lab down

bench: tools ## measure against the guide by hand and against Ansible (PROFILES="stacked external"); results in docs/results
	cargo build --release --locked
	@lab/lab build
	@bench/run.sh $(PROFILES)

bench-images: tools ## measure images to ten hosts against scp, with and without --relay; results in docs/results
	cargo build --release --locked
	@lab/lab build
	@LAB_WITHOUT_IMAGES=1 lab/lab up images
	@bench/images.sh
	@lab/lab down

fuzz: tools ## what others write, changed at random, through every parser that reads it: SECONDS_EACH, 600 if not set
	HAWSER_FUZZ_SECONDS=$(SECONDS_EACH) cargo test --locked --features lab --test fuzz -- --nocapture

soak: fuzz ## `fuzz`, and ten builds of a PROFILE in a row (or TIMES); results in docs/results
	cargo build --release --locked
	@lab/lab build
	@lab/soak.sh $(PROFILE) $(TIMES)

dist: tools ## what a release consists of, in target/dist: program, man pages, completions, a Debian package, checksums
	@packaging/build.sh release
	@packaging/try.sh

measures: ## sizes, signatures, circles of files, retired words (TREES="before=../older now=."; LIST=--list names each place)
	@cargo run --quiet --locked --package measures -- $(LIST) $(TREES)

review: ## look at snapshots that changed
	INSTA_UPDATE=new cargo nextest run --locked || true
	cargo insta review
