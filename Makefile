# `make help` lists the targets. Two of them do all the set-up: `make demo` and `make test`.
SHELL := bash
.SHELLFLAGS := -euo pipefail -c
.DEFAULT_GOAL := help
PROFILE ?= stacked
TIMES ?= 10
# What `make faults` runs besides: etcd under systemd beside a compact cluster, and the ways that lab_compact breaks, broken once
# more where each host has one role.
LONG_PROOFS = binary(=lab_compact_external) + (binary(=lab_external) & test(/^(a06_programs|a34_endpoint|a36_cut_off)::/))
LAB_TESTS ?= binary(/^lab/) - binary(=lab_faults) - ($(LONG_PROOFS))
export INSTA_UPDATE ?= no

.PHONY: help demo test check unit lab-test lab-built compiled faults lab lab-down bench bench-images soak review tools

help: ## list the targets
	@grep -hE '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:.*##/\t/' | expand -t 12

tools: ## install what the tests need and the machine lacks
	@lab/tools.sh

demo: tools ## a real highly available cluster, from nothing, answering through its virtual IP
	cargo build --release --locked
	@lab/lab build
	@lab/lab up $(PROFILE)
	@lab/demo.sh $(PROFILE)

# What the lab is made of takes one core at a time, or the network, for half of its time: cargo compiles meanwhile.
test: tools ## every test but the long proofs
	@$(MAKE) --no-print-directory -j2 lab-built compiled
	@$(MAKE) --no-print-directory unit lab-test

lab-built:
	@lab/lab build
	@lab/lab build bare

compiled: check
	cargo nextest run --locked --features lab --no-run

check: tools ## format, lints, licences, shell scripts
	cargo fmt --check
	cargo clippy --locked --all-targets --features lab -- -D warnings
	cargo deny --log-level error check bans licenses sources
	@lab/shellcheck.sh

# With the feature, as all else here: what is compiled for the lab's tests need not be compiled twice.
unit: tools ## tests that need no lab
	cargo nextest run --locked --features lab -E 'not binary(/^lab/)'
	cargo test --locked --features lab --doc

lab-test: tools lab-built ## tests on the lab's real hosts; some of them with LAB_TESTS="binary(=lab_bare)"
	HAWSER_KUBEADM="$$(lab/lab path bin)/kubeadm" cargo nextest run --locked --features lab --profile lab -E '$(LAB_TESTS)'
	@lab/lab down

faults: tools ## hosts that lose power or their disk in the middle of a build, and how the next run goes on
	@lab/lab build
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

soak: tools ## ten builds of a PROFILE in a row (or TIMES); results in docs/results
	cargo build --release --locked
	@lab/lab build
	@lab/soak.sh $(PROFILE) $(TIMES)

review: ## look at snapshots that changed
	INSTA_UPDATE=new cargo nextest run --locked || true
	cargo insta review
