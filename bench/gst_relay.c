/* A GStreamer RTSP server that relays cameras: relay PORT COUNT pulls rtsp://127.0.0.1:7000/s<i> and serves /s<i>, one shared
 * pipeline per camera: rtspsrc ! depay ! parse ! pay. Built by bench/peers.sh. */
#include <gst/gst.h>
#include <gst/rtsp-server/rtsp-server.h>
#include <stdio.h>
#include <stdlib.h>

int main(int argc, char **argv) {
    gst_init(&argc, &argv);
    if (argc < 3) {
        fprintf(stderr, "usage: relay PORT COUNT\n");
        return 2;
    }
    GstRTSPServer *server = gst_rtsp_server_new();
    gst_rtsp_server_set_address(server, "127.0.0.1");
    gst_rtsp_server_set_service(server, argv[1]);
    gst_rtsp_server_set_backlog(server, 512);
    GstRTSPMountPoints *mounts = gst_rtsp_server_get_mount_points(server);
    for (int i = 0; i < atoi(argv[2]); ++i) {
        char launch[512], path[32];
        snprintf(path, sizeof path, "/s%d", i);
        snprintf(launch, sizeof launch,
                 "( rtspsrc location=rtsp://127.0.0.1:7000/s%d protocols=tcp latency=0 name=in "
                 "in. ! rtph264depay ! h264parse ! rtph264pay name=pay0 pt=96 config-interval=-1 aggregate-mode=zero-latency "
                 "in. ! rtpmp4gdepay ! aacparse ! rtpmp4gpay name=pay1 pt=97 )",
                 i);
        GstRTSPMediaFactory *factory = gst_rtsp_media_factory_new();
        gst_rtsp_media_factory_set_launch(factory, launch);
        gst_rtsp_media_factory_set_shared(factory, TRUE);
        gst_rtsp_mount_points_add_factory(mounts, path, factory);
    }
    g_object_unref(mounts);
    if (gst_rtsp_server_attach(server, NULL) == 0) return 1;
    g_main_loop_run(g_main_loop_new(NULL, FALSE));
    return 0;
}
