#!/usr/bin/env python3
"""The share of a run, in percent, in which by the hosts' own record no changing command ran and nothing was polled for.

usage: own_share.py EVENTS.jsonl RECORD_FOLDER

A poll is a wait for the cluster from its first question to its last, pauses included: between the first and the last
recorded run of the same question on the same host, as long as the answer was no.
"""

import datetime
import json
import pathlib
import sys


def main(events_path, record_path):
    times = [instant(json.loads(line)["time"]) for line in open(events_path)]
    began, ended = min(times), max(times)
    busy = []
    for log in pathlib.Path(record_path).iterdir():
        busy.extend(intervals(log))
    covered = union([(max(a, began), min(b, ended)) for a, b in busy if b > began and a < ended])
    print(f"{100 * (1 - covered / (ended - began)):.1f}")


def instant(text):
    return datetime.datetime.fromisoformat(text.replace("Z", "+00:00")).timestamp()


def intervals(log):
    """Every recorded command, and the pauses between the same question asked again."""
    started, last = {}, {}
    for line in log.read_text().splitlines():
        event = json.loads(line)
        if event["event"] == "start":
            started[event["sequence"]] = event
            continue
        start = started.pop(event["sequence"], None)
        if start is None:
            continue
        yield start["time"], event["time"]
        command = start["command"]
        if command in last and last[command][1] != 0:
            yield last[command][0], start["time"]
        last[command] = (event["time"], event.get("status"))


def union(pairs):
    total, end = 0.0, float("-inf")
    for a, b in sorted(pairs):
        total += max(0.0, b - max(a, end))
        end = max(end, b)
    return total


main(*sys.argv[1:])
