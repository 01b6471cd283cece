# `make help` lists the targets. Two of them do all the set-up: `make demo` and `make test`.
SHELL := bash
.SHELLFLAGS := -euo pipefail -c
.DEFAULT_GOAL := help
PROFILE ?= stacked
TIMES ?= 10
export INSTA_UPDATE ?= no

.PHONY: help demo test check unit lab-test lab-external faults lab lab-down bench soak review tools

help: ## list the targets
	@grep -hE '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:.*##/\t/' | expand -t 12

tools: ## install what the tests need and the machine lacks
	@lab/tools.sh

demo: tools ## a real highly available cluster, from nothing, answering through its virtual IP
	cargo build --release --locked
	@lab/lab build
	@lab/lab up $(PROFILE)
	@lab/demo.sh $(PROFILE)

test: check unit lab-test ## every test but the long proofs

check: tools ## format, lints, licences, shell scripts
	cargo fmt --check
	cargo clippy --locked --all-targets --features lab -- -D warnings
	cargo deny --log-level error check bans licenses sources
	@lab/shellcheck.sh

unit: tools ## tests that need no lab
	cargo nextest run --locked
	cargo test --locked --doc

lab-test: tools ## tests on the lab's real hosts
	@lab/lab build
	HAWSER_KUBEADM="$$(lab/lab path bin)/kubeadm" cargo nextest run --locked --features lab --profile lab -E 'binary(=lab) | binary(=lab_compact) | binary(=lab_kubeadm_config)'
	@lab/lab down

lab-external: tools ## tests of etcd on hosts of its own, on the lab's real hosts; not yet part of `make test`
	@lab/lab build
	cargo nextest run --locked --features lab --profile lab --no-fail-fast -E 'binary(=lab_external) | binary(=lab_compact_external)'
	@lab/lab down

faults: tools ## hosts that lose power or their disk in the middle of a build, and how the next run goes on
	@lab/lab build
	@lab/faults.sh

lab: tools ## bring up the lab's hosts (PROFILE=stacked, external, compact or compact-external), taking down what runs
	@lab/lab build
	@lab/lab up $(PROFILE)

lab-down: ## take the lab down; the cache stays
	@lab/lab down

bench: tools ## measure against the guide by hand and against Ansible (PROFILES="stacked external"); results in docs/results
	cargo build --release --locked
	@lab/lab build
	@bench/run.sh $(PROFILES)

soak: tools ## ten builds of a PROFILE in a row (or TIMES); results in docs/results
	cargo build --release --locked
	@lab/lab build
	@lab/soak.sh $(PROFILE) $(TIMES)

review: ## look at snapshots that changed
	INSTA_UPDATE=new cargo nextest run --locked || true
	cargo insta review
