#!/usr/bin/env python3
"""The share of a run, in percent, that was hawser's own: in which, by the hosts' own record, no changing command ran
and the cluster was not getting ready either.

usage: own_share.py PLAN.json EVENTS.jsonl RECORD_FOLDER

What counts for the hosts: a changing command of the plan, from its start to its end; and the time from a check of the
plan that said "not yet" to the end of the next answer to the same check. What verification waits for counts up to the
last time it said so. Connecting, looking, asking whether something is already done, and every pause between, is own.
"""

import datetime
import json
import pathlib
import sys


def main(plan_path, events_path, record_path):
    plan = json.loads(pathlib.Path(plan_path).read_text())["plan"]
    steps = [step for chain in chains(plan) for step in chain["steps"]] + plan["cleanup"]
    changes = {step["change"]["line"] for step in steps if "change" in step}
    events = [json.loads(line) for line in open(events_path)]
    began, ended = instant(events[0]["time"]), instant(events[-1]["time"])
    busy = verification(events)
    for log in pathlib.Path(record_path).iterdir():
        busy += host_intervals(commands(log), changes)
    covered = union((max(a, began), min(b, ended)) for a, b in busy if b > began and a < ended)
    print(f"{100 * (1 - covered / (ended - began)):.1f}")


def chains(plan):
    return [chain for phase in plan["phases"] for lane in phase["lanes"] for chain in lane["chains"]]


def instant(text):
    return datetime.datetime.fromisoformat(text.replace("Z", "+00:00")).timestamp()


def commands(log):
    """(command, start, end, status) of one host, in the order of their starts."""
    started, ended = {}, []
    for event in map(json.loads, log.read_text().splitlines()):
        if event["event"] == "start":
            started[event["sequence"]] = event
        elif event["sequence"] in started:
            start = started.pop(event["sequence"])
            ended.append((start["command"], start["time"], event["time"], event.get("status")))
    return sorted(ended, key=lambda command: command[1])


def host_intervals(ran, changes):
    """Changes, and the waits between a question that got a no and the same question asked next."""
    found = [(start, end) for command, start, end, _ in ran if command in changes]
    for one, following in zip(ran, ran[1:]):
        if one[0] not in changes and one[0] == following[0] and one[3] != 0:
            found.append((one[1], following[2]))
    return found


def verification(events):
    began = [e["time"] for e in events if e["event"] == "phase-started" and e["phase"] == "verify"]
    waited = [e["time"] for e in events if e["event"] == "still-waiting" and e["step"] == "verify"]
    return [(instant(began[0]), instant(waited[-1]))] if began and waited else []


def union(pairs):
    total, end = 0.0, float("-inf")
    for a, b in sorted(pairs):
        total += max(0.0, b - max(a, end))
        end = max(end, b)
    return total


main(*sys.argv[1:])
