# Casement: one thread on the one core, push cameras s0..s49, recording off, no TLS on loopback. The readers sign in with a token.
CASEMENT=${CASEMENT:-./build/release/casement}
export RIG_TOKEN=ct_rig0123456789abcdefghijklmnopqrst
RTMP_PUB='rtmp://127.0.0.1:7836/push/rig-key-of-camera-{i}' RTSP_PUB='rtsp://127.0.0.1:7854/push/rig-key-of-camera-{i}'
RTMP_PLAY="rtmp://127.0.0.1:7836/live/s{i}?user=rig&pass=$RIG_TOKEN" RTSP_PLAY="rtsp://rig:$RIG_TOKEN@127.0.0.1:7854/s{i}"
READY_PORT=7854 CAN_PULL=1
RECORD=off
start() {
    {
        printf 'data: %s/data\nhttp: {listen: "127.0.0.1:7890", tls: off}\nrtsp: {listen: "127.0.0.1:7854"}\nrtmp: {listen: "127.0.0.1:7836"}\n' "$1"
        printf 'log: {level: warn}\ntokens: [{name: rig, secret: "${RIG_TOKEN}"}]\ndefaults: {record: {mode: %s}}\n' "$RECORD"
        printf 'cameras:\n'
        if [ "$PULL_N" -gt 0 ]; then
            for i in $(seq 0 $((PULL_N - 1))); do printf '  s%d: {source: "%s", transport: tcp}\n' "$i" "${CAM_URL/\{i\}/$i}"; done
        elif [ -z "${RIG_NO_CAMERAS:-}" ]; then
            for i in $(seq 0 49); do printf '  s%d: {source: push, push_key: "${RIG_KEY_%d}"}\n' "$i" "$i"; done
        fi
    } >"$1/casement.yaml"
    for i in $(seq 0 49); do export "RIG_KEY_$i=rig-key-of-camera-$i"; done
    $PIN "$CASEMENT" -c "$1/casement.yaml" serve >"$1/out.log" 2>&1 &
    SRV_PID=$!
}
pull() { :; }
