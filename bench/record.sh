#!/usr/bin/env bash
# Recording 20 cameras of 1.5 Mbit/s, beside a plain program that reads the same sockets and writes the same bytes.
#   bench/record.sh RESULTS.jsonl REPEATS      (environment as script/bench sets it)
set -uo pipefail
here=$(cd "$(dirname "$0")" && pwd)
out=$1 repeats=$2 n=20 duration=${DURATION:-20}
clip=$MEDIA/cam720.mp4
work=$(mktemp -d "${TMPDIR:-/tmp}"/rig-record.XXXXXX)
trap 'kill $(jobs -p) 2>/dev/null; wait 2>/dev/null; rm -rf "$work"' EXIT

for rep in $(seq "$repeats"); do
    taskset -c 1 "$RIG/floor" --file "$clip" --port 7000 --cams $n 2>/dev/null &
    cams=$!
    sleep 1
    mkdir -p "$work/plain"
    # The plain recorder runs where the server runs, on core 0; it measures itself.
    taskset -c 0 "$RIG/load" --url 'rtsp://127.0.0.1:7000/s{i}' --readers $n --streams $n --save "$work/plain" --warmup 3 --duration "$duration" |
        grep '"event":"result"' | python3 -c '
import json, sys
r = json.loads(sys.stdin.read()); r.pop("event")
print(json.dumps({"server": "plain-recorder", "scenario": "record/20", "rep": int(sys.argv[1]), "cores": r["load_cores"], "mbps": r["mbps"], "playing": r["playing"], "readers": r["readers"]}))' "$rep" | tee -a "$out"
    rm -rf "$work/plain"
    here_save=$here; here=$here/rig
    PIN="taskset -c 0" PULL_N=$n CAM_URL='rtsp://127.0.0.1:7000/s{i}'
    . "$here/adapters/casement-record.sh"
    mkdir -p "$work/srv"
    start "$work/srv"
    here=$here_save
    sleep 5
    taskset -c 1 python3 "$here/rig/meter.py" --server casement --scenario "record/20" --pid "$SRV_PID" --cpu 0 --extra "{\"rep\":$rep}" -- \
        "$RIG/load" --readers 0 --duration "$duration" | tee -a "$out"
    du -sk "$work/srv/data/recordings" | awk '{print "   recorded " $1 " KiB"}'
    kill "$SRV_PID" "$cams"
    wait "$SRV_PID" "$cams" 2>/dev/null
    rm -rf "$work/srv"
done
