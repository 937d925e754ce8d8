// load: many cheap readers in one thread.
//
//   load --url TEMPLATE [--proto rtsp-tcp|rtsp-udp|rtmp|flv] [--readers N] [--streams K]
//        [--warmup S] [--duration S] [--rate CONNECTS_PER_S] [--ready-timeout S]
//   load --ttff N --url ...        N joins one after another; reports time to first key frame
//   load --save DIR ...            writes what it receives to one file per reader and looks at nothing: a plain recorder
//   load --readers 0 --duration S  just a measuring window (for ingest-only scenarios)
//
// {i} in the template is reader index modulo K. Prints {"event":"window_start"} and
// {"event":"window_end"} around the measuring window, then one result line.
// A frame counts as delivered when its last byte has arrived; latency is that moment minus
// the SEI stamp put in by pub. Time to first key frame runs from connect() to the last byte
// of the first IDR access unit.
#include <signal.h>
#include <memory>

#include "common.h"

enum Proto { RTSP_TCP, RTSP_UDP, RTMP, FLV };
static Proto g_proto = RTSP_TCP;
static std::string g_url, g_save;
static int g_ep;
static bool g_window = false;
static volatile sig_atomic_t g_stop = 0;
static uint8_t g_buf[1 << 20];
static std::vector<float> g_lat, g_ttff;
static uint64_t g_recv_calls = 0;

struct Reader;
struct Handle {
    Reader *r;
    int kind;  // 0 = the TCP connection, 1 = video RTP, 2 = audio RTP, 3 = RTCP
    int fd = -1;
};
struct Track {
    int channel = -1;
    bool seen = false;
    uint16_t seq = 0;
    uint64_t lost = 0, reorder = 0;
    std::string control;
    uint32_t ssrc = 0;
    sockaddr_in rtcp_to{};
};
struct Reader {
    int idx = 0;
    Url url;
    Handle h[5];
    enum { Idle, Connecting, Handshake, Playing, Closed } st = Idle;
    int64_t t_conn = 0, t_retry = 0, t_keep = 0, t_rtcp = 0;
    int tries = 0;
    std::string carry, out, why;
    // RTSP
    int cseq = 0, step = 0, setup = 0;
    std::string session, base;
    Track tr[2];  // 0 video, 1 audio
    bool key_au = false, vcl = false;  // of the access unit being received
    int udp_port[2] = {0, 0};
    // RTMP
    std::unique_ptr<RtmpIn> rx;
    uint64_t rx_bytes = 0, acked = 0;
    // HTTP-FLV
    bool chunked = false;
    int64_t chunk_left = 0;
    int flv_state = 0;
    uint32_t tag_len = 0, tag_got = 0;
    uint8_t tag[11 + 512];
    // results
    bool first_key = false;
    bool have_counter = false;
    uint32_t counter = 0, since = 0;  // last stamp's counter; unstamped frames since then
    Stamp stamp;
    bool stamped = false;
    uint64_t bytes = 0, frames = 0, audio = 0, sei_gaps = 0, wrong_stream = 0;
    int expect_stream = -1;
    int save_fd = -1;
};

static void arm(Handle &h, uint32_t events, int op) {
    epoll_event e{events, {.ptr = &h}};
    epoll_ctl(g_ep, op, h.fd, &e);
}
static void close_reader(Reader &r, const char *why) {
    for (auto &h : r.h)
        if (h.fd >= 0) close(h.fd), h.fd = -1;
    r.st = Reader::Closed;
    if (r.why.empty()) r.why = why;
}
static void flush_out(Reader &r) {
    while (r.out.size()) {
        ssize_t n = send(r.h[0].fd, r.out.data(), r.out.size(), MSG_NOSIGNAL);
        if (n > 0) r.out.erase(0, n);
        else if (errno == EAGAIN) return;
        else return close_reader(r, "send");
    }
}

// ------------------------------------------------------------------ frames
static void on_stamp(Reader &r, const Stamp &s) {
    r.stamp = s, r.stamped = true;
}
static void on_video_done(Reader &r, bool key, int64_t now) {
    if (key && !r.first_key) {
        r.first_key = true;
        g_ttff.push_back((now - r.t_conn) / 1e6f);
    }
    if (r.stamped) {
        // some servers keep the SEI of key frames only: compare with the frames seen since
        int32_t missing = (int32_t)(r.stamp.counter - r.counter) - (int32_t)(r.since + 1);
        if (r.have_counter && g_window && missing > 0) r.sei_gaps += missing;
        r.counter = r.stamp.counter, r.have_counter = true, r.since = 0;
        if (r.expect_stream < 0) r.expect_stream = r.stamp.stream;
        if ((int)r.stamp.stream != r.expect_stream) r.wrong_stream++;
        if (g_window) g_lat.push_back((now - r.stamp.ns) / 1e6f);
        r.stamped = false;
    } else {
        r.since++;
    }
    if (g_window) r.frames++;
}

// ------------------------------------------------------------------ RTP
static void on_rtp(Reader &r, int t, const uint8_t *p, size_t n, int64_t now) {
    if (n < 12) return;
    Track &k = r.tr[t];
    uint16_t seq = p[2] << 8 | p[3];
    if (k.seen) {
        uint16_t d = seq - k.seq;
        if (d != 1) {
            if (d < 0x8000 && d) {
                if (g_window) k.lost += d - 1;
            } else {
                k.reorder++;
            }
        }
        if (d < 0x8000) k.seq = seq;
    } else {
        k.seq = seq, k.seen = true;
    }
    if (t == 1) {
        if (g_window) r.audio++;
        return;
    }
    size_t h = 12 + 4 * (p[0] & 15);
    if ((p[0] & 16) && n >= h + 4) h += 4 + 4 * (p[h + 2] << 8 | p[h + 3]);
    if (n <= h + 1) return;
    const uint8_t *q = p + h;
    int type = q[0] & 31;
    if (type == 6) {
        Stamp s;
        if (read_sei(q, n - h, s)) on_stamp(r, s);
    } else if (type == 24) {
        for (size_t i = h + 1; i + 2 < n;) {
            size_t m = p[i] << 8 | p[i + 1];
            i += 2;
            if (i + m > n || !m) break;
            Stamp s;
            int nt = p[i] & 31;
            if (nt == 6 && read_sei(p + i, m, s)) on_stamp(r, s);
            if (nt == 5) r.key_au = true;
            if (nt >= 1 && nt <= 5) r.vcl = true;
            i += m;
        }
    } else {
        int nt = type == 28 ? q[1] & 31 : type;
        if (nt == 5) r.key_au = true;
        if (nt >= 1 && nt <= 5) r.vcl = true;
    }
    if ((p[1] & 0x80) && r.vcl) {  // some servers set the marker on parameter sets and SEI too
        on_video_done(r, r.key_au, now);
        r.key_au = r.vcl = false;
    }
}

// ------------------------------------------------------------------ FLV / RTMP video
static void on_flv_video(Reader &r, const uint8_t *p, size_t have, int64_t now) {
    if (have < 6) return;
    bool key, nalus;
    size_t off = 5;
    if (p[0] & 0x80) {  // enhanced RTMP
        int pt = p[0] & 15;
        key = (p[0] >> 4 & 7) == 1, nalus = pt == 1 || pt == 3;
        off = pt == 1 ? 8 : 5;
    } else {
        key = p[0] >> 4 == 1, nalus = p[1] == 1;
    }
    if (!nalus) return;
    for (size_t i = off; i + 5 < have;) {
        size_t m = (size_t)p[i] << 24 | p[i + 1] << 16 | p[i + 2] << 8 | p[i + 3];
        i += 4;
        Stamp s;
        int nt = p[i] & 31;
        if (nt == 6 && i + m <= have && read_sei(p + i, m, s)) {
            on_stamp(r, s);
            break;
        }
        if (nt >= 1 && nt <= 5) break;
        i += m;
    }
    on_video_done(r, key, now);
}

// ------------------------------------------------------------------ RTSP
static void rtsp_send(Reader &r, const std::string &method, const std::string &url, const std::string &extra = "") {
    r.out += method + " " + url + " RTSP/1.0\r\nCSeq: " + std::to_string(++r.cseq) + "\r\nUser-Agent: rig-load\r\n" + extra;
    if (r.session.size()) r.out += "Session: " + r.session + "\r\n";
    if (r.url.basic.size()) r.out += "Authorization: Basic " + r.url.basic + "\r\n";
    r.out += "\r\n";
    flush_out(r);
}
static std::string header(std::string_view h, const char *name) {
    size_t n = strlen(name);
    for (size_t i = 0; i < h.size();) {
        size_t e = h.find("\r\n", i);
        if (e == h.npos) e = h.size();
        if (e - i > n && !strncasecmp(h.data() + i, name, n) && h[i + n] == ':') {
            size_t s = h.find_first_not_of(" ", i + n + 1);
            return std::string(h.substr(s, e - s));
        }
        i = e + 2;
    }
    return "";
}
static std::string join(const std::string &base, const std::string &c) {
    if (c.find("://") != c.npos) return c;
    if (c.empty() || c == "*") return base;
    return base.back() == '/' ? base + c : base + "/" + c;
}
static int udp_socket(int port) {
    int fd = socket(AF_INET, SOCK_DGRAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    int sz = 4 << 20;
    setsockopt(fd, SOL_SOCKET, SO_RCVBUF, &sz, sizeof sz);
    sockaddr_in a{};
    a.sin_family = AF_INET, a.sin_port = htons(port), a.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    if (bind(fd, (sockaddr *)&a, sizeof a)) {
        close(fd);
        return -1;
    }
    return fd;
}
static void rtsp_setup_next(Reader &r) {
    while (r.setup < 2 && r.tr[r.setup].control.empty()) r.setup++;
    if (r.setup >= 2) {
        r.step = 3;
        return rtsp_send(r, "PLAY", r.base, "Range: npt=0.000-\r\n");
    }
    int t = r.setup;
    std::string tp;
    if (g_proto == RTSP_UDP) {
        static int next = 20000;
        int a = -1, b = -1;
        for (int k = 0; k < 20000 && (a < 0 || b < 0); ++k) {
            if (a >= 0) close(a);
            if (next > 31000) next = 20000;  // stays below the ephemeral range
            r.udp_port[t] = next, next += 2;
            a = udp_socket(r.udp_port[t]);
            b = a < 0 ? -1 : udp_socket(r.udp_port[t] + 1);
        }
        r.h[1 + t].fd = a, r.h[3 + t].fd = b;
        arm(r.h[1 + t], EPOLLIN, EPOLL_CTL_ADD);
        arm(r.h[3 + t], EPOLLIN, EPOLL_CTL_ADD);
        tp = "RTP/AVP;unicast;client_port=" + std::to_string(r.udp_port[t]) + "-" + std::to_string(r.udp_port[t] + 1);
    } else {
        tp = "RTP/AVP/TCP;unicast;interleaved=" + std::to_string(2 * t) + "-" + std::to_string(2 * t + 1);
        r.tr[t].channel = 2 * t;
    }
    rtsp_send(r, "SETUP", join(r.base, r.tr[t].control), "Transport: " + tp + "\r\n");
}
static void on_rtsp_response(Reader &r, std::string_view head, std::string_view body) {
    int code = head.size() > 12 ? atoi(head.data() + 9) : 0;
    if (r.st == Reader::Playing) return;  // keep-alive answers
    if (code != 200) return close_reader(r, ("rtsp " + std::to_string(code)).c_str());
    std::string s = header(head, "Session");
    if (s.size()) r.session = s.substr(0, s.find(';'));
    if (r.step == 1) {
        r.base = header(head, "Content-Base");
        if (r.base.empty()) r.base = r.url.full;
        int cur = -1;
        for (size_t i = 0; i < body.size();) {
            size_t e = body.find('\n', i);
            if (e == body.npos) e = body.size();
            std::string l(body.substr(i, e - i));
            while (l.size() && l.back() == '\r') l.pop_back();
            if (l.rfind("m=video", 0) == 0) cur = 0, r.tr[0].control = "*";
            else if (l.rfind("m=audio", 0) == 0) cur = r.tr[1].control.empty() ? 1 : -2, r.tr[1].control = r.tr[1].control.empty() ? "*" : r.tr[1].control;
            else if (l.rfind("m=", 0) == 0) cur = -2;
            else if (l.rfind("a=control:", 0) == 0 && cur >= 0) r.tr[cur].control = l.substr(10);
            i = e + 1;
        }
        if (r.tr[0].control.empty()) return close_reader(r, "no video in sdp");
        r.step = 2, r.setup = 0;
        rtsp_setup_next(r);
    } else if (r.step == 2) {
        std::string tp = header(head, "Transport");
        size_t k = tp.find("interleaved=");
        if (k != tp.npos) r.tr[r.setup].channel = atoi(tp.c_str() + k + 12);
        k = tp.find("server_port=");
        if (k != tp.npos) {
            int p1 = atoi(tp.c_str() + k + 12);
            size_t d = tp.find('-', k);
            r.tr[r.setup].rtcp_to = addr_of(r.url);
            r.tr[r.setup].rtcp_to.sin_port = htons(d == tp.npos ? p1 + 1 : atoi(tp.c_str() + d + 1));
            sockaddr_in to = addr_of(r.url);
            to.sin_port = htons(p1);
            uint32_t z[3] = {0x80, 0, 0};  // opens the path, as players do
            sendto(r.h[1 + r.setup].fd, z, 12, 0, (sockaddr *)&to, sizeof to);
        }
        r.setup++;
        rtsp_setup_next(r);
    } else if (r.step == 3) {
        r.st = Reader::Playing;
        r.t_keep = now_ns() + 25000000000LL, r.t_rtcp = now_ns();
    }
}
// returns bytes consumed
static size_t feed_rtsp(Reader &r, const uint8_t *p, size_t n, int64_t now) {
    size_t i = 0;
    while (i < n && r.st != Reader::Closed) {
        if (p[i] == '$') {
            if (n - i < 4) break;
            size_t len = p[i + 2] << 8 | p[i + 3];
            if (n - i < 4 + len) break;
            int ch = p[i + 1];
            if (ch == r.tr[0].channel) on_rtp(r, 0, p + i + 4, len, now);
            else if (ch == r.tr[1].channel) on_rtp(r, 1, p + i + 4, len, now);
            i += 4 + len;
        } else {
            std::string_view v((const char *)p + i, n - i);
            size_t e = v.find("\r\n\r\n");
            if (e == v.npos) {
                if (v.size() > 65536) close_reader(r, "lost framing");
                break;
            }
            std::string_view head = v.substr(0, e + 2);
            size_t cl = atoi(header(head, "Content-Length").c_str());
            if (v.size() < e + 4 + cl) break;
            if (head.rfind("RTSP/", 0) == 0) on_rtsp_response(r, head, v.substr(e + 4, cl));
            i += e + 4 + cl;
        }
    }
    return i;
}
static void send_rr(Reader &r, int t) {
    uint8_t b[8] = {0x80, 201, 0, 1, 0, 0, (uint8_t)(r.idx >> 8), (uint8_t)(r.idx + 1)};
    if (g_proto == RTSP_UDP) {
        if (r.tr[t].rtcp_to.sin_port) sendto(r.h[3 + t].fd, b, 8, MSG_DONTWAIT, (sockaddr *)&r.tr[t].rtcp_to, sizeof(sockaddr_in));
    } else if (r.tr[t].channel >= 0) {
        r.out += '$', r.out += char(r.tr[t].channel + 1), be(r.out, 8, 2), r.out.append((char *)b, 8);
        flush_out(r);
    }
}

// ------------------------------------------------------------------ RTMP play
static void rtmp_begin(Reader &r) {
    r.out.assign(1537, '\0');
    r.out[0] = 3;
    for (size_t i = 9; i < 1537; ++i) r.out[i] = char(i * 13);
    flush_out(r);
    r.step = 0;
    r.rx = std::make_unique<RtmpIn>();
}
static void on_rtmp_message(Reader &r, RtmpIn::Cs &c, size_t have, int64_t now) {
    if (c.type == 9) return on_flv_video(r, c.keep, have, now);
    if (c.type == 8) {
        if (g_window) r.audio++;
        return;
    }
    if (c.type == 4 && have >= 6 && c.keep[1] == 6) {  // ping
        std::string d("\0\7", 2);
        d.append((char *)c.keep + 2, 4);
        rtmp_message(r.out, 2, 0, 4, 0, d.data(), d.size(), 4096);
        return flush_out(r);
    }
    if (c.type != 20 && c.type != 17) return;
    std::string_view m((char *)c.keep, have);
    std::string app, name;
    split_app(r.url, app, name);
    if (r.step == 1 && m.find("_result") == 3) {
        rtmp_command(r.out, Amf().str("createStream").num(2).null(), 0, 4096);
        r.step = 2;
    } else if (r.step == 2 && m.find("_result") == 3 && have >= 29) {
        uint64_t v = 0;
        double d;
        for (int i = 0; i < 8; ++i) v = v << 8 | c.keep[have - 8 + i];
        memcpy(&d, &v, 8);
        rtmp_command(r.out, Amf().str("play").num(3).null().str(name).num(-2000), (uint32_t)d, 4096);
        std::string b("\0\3", 2);  // SetBufferLength 100 ms
        be(b, (uint32_t)d, 4), be(b, 100, 4);
        rtmp_message(r.out, 2, 0, 4, 0, b.data(), b.size(), 4096);
        r.step = 3;
    } else if (r.step == 3 && m.find("onStatus") != m.npos) {
        if (m.find("NetStream.Play.Start") != m.npos || m.find("NetStream.Play.Reset") != m.npos) r.st = Reader::Playing;
        else if (m.find("error") != m.npos || m.find("StreamNotFound") != m.npos) return close_reader(r, "rtmp play refused");
    } else if (m.find("_error") == 3) {
        return close_reader(r, "rtmp _error");
    }
    flush_out(r);
}
static size_t feed_rtmp(Reader &r, const uint8_t *p, size_t n, int64_t now) {
    size_t i = 0;
    if (r.step == 0) {
        if (n < 3073) return 0;
        i = 3073;
        r.out.append((const char *)p + 1, 1536);
        std::string app, name, sz;
        split_app(r.url, app, name);
        be(sz, 4096, 4);
        rtmp_message(r.out, 2, 0, 1, 0, sz.data(), 4, 128);
        rtmp_command(r.out, rtmp_connect_cmd(app, r.url), 0, 4096);
        flush_out(r);
        r.step = 1;
    }
    i += r.rx->feed(p + i, n - i, [&](RtmpIn::Cs &c, size_t have) {
        if (r.st != Reader::Closed) {
            if (r.st == Reader::Handshake && c.type == 9 && r.step == 3) r.st = Reader::Playing;
            on_rtmp_message(r, c, have, now);
        }
    });
    if (r.rx->bad) close_reader(r, "bad rtmp chunk");
    if (r.rx_bytes - r.acked > 1000000 && r.st == Reader::Playing) {
        std::string s;
        be(s, (uint32_t)r.rx_bytes, 4);
        r.acked = r.rx_bytes;
        rtmp_message(r.out, 2, 0, 3, 0, s.data(), 4, 4096);
        flush_out(r);
    }
    return i;
}

// ------------------------------------------------------------------ HTTP-FLV
static void feed_flv_bytes(Reader &r, const uint8_t *p, size_t n, int64_t now) {
    size_t i = 0;
    while (i < n) {
        if (r.flv_state == 0) {  // 9-byte header + 4
            r.tag_got++, i++;
            if (r.tag_got == 13) r.flv_state = 1, r.tag_got = 0;
            continue;
        }
        if (r.tag_got < 11) {
            r.tag[r.tag_got++] = p[i++];
            if (r.tag_got == 11) r.tag_len = r.tag[1] << 16 | r.tag[2] << 8 | r.tag[3];
            continue;
        }
        uint32_t end = 11 + r.tag_len + 4;
        size_t m = std::min<size_t>(n - i, end - r.tag_got);
        if (r.tag_got < sizeof r.tag) memcpy(r.tag + r.tag_got, p + i, std::min<size_t>(m, sizeof r.tag - r.tag_got));
        r.tag_got += m, i += m;
        if (r.tag_got == end) {
            int type = r.tag[0] & 31;
            if (type == 9) on_flv_video(r, r.tag + 11, std::min<size_t>(r.tag_len, 512), now);
            else if (type == 8 && g_window) r.audio++;
            r.tag_got = 0;
        }
    }
}
static size_t feed_http(Reader &r, const uint8_t *p, size_t n, int64_t now) {
    size_t i = 0;
    if (r.st == Reader::Handshake) {
        std::string_view v((const char *)p, n);
        size_t e = v.find("\r\n\r\n");
        if (e == v.npos) return 0;
        std::string_view head = v.substr(0, e + 2);
        if (atoi(head.data() + 9) != 200) return close_reader(r, ("http " + std::string(head.substr(9, 3))).c_str()), n;
        r.chunked = !strcasecmp(header(head, "Transfer-Encoding").c_str(), "chunked");
        r.st = Reader::Playing;
        i = e + 4;
    }
    if (!r.chunked) return feed_flv_bytes(r, p + i, n - i, now), n;
    while (i < n) {
        if (r.chunk_left <= 0) {
            std::string_view v((const char *)p + i, n - i);
            size_t s = r.chunk_left < 0 ? 2 : 0;  // CRLF that closes the previous chunk
            size_t e = v.find("\r\n", s);
            if (v.size() <= s || e == v.npos) break;
            r.chunk_left = strtol(std::string(v.substr(s, e - s)).c_str(), nullptr, 16);
            if (r.chunk_left <= 0) return close_reader(r, "http end"), n;
            i += e + 2;
        } else {
            size_t m = std::min<size_t>(n - i, r.chunk_left);
            feed_flv_bytes(r, p + i, m, now);
            i += m, r.chunk_left -= m;
            if (r.chunk_left == 0) r.chunk_left = -1;
        }
    }
    return i;
}

// ------------------------------------------------------------------ connections
static void start(Reader &r) {
    int idx = r.idx, tries = r.tries;
    Url u = r.url;
    uint64_t fr = r.frames;
    r = Reader{};
    r.idx = idx, r.tries = tries + 1, r.url = u, r.frames = fr;
    for (int i = 0; i < 5; ++i) r.h[i].r = &r, r.h[i].kind = i;
    sockaddr_in a = addr_of(u);
    r.h[0].fd = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    nodelay(r.h[0].fd);
    r.t_conn = now_ns();
    r.st = Reader::Connecting;
    if (connect(r.h[0].fd, (sockaddr *)&a, sizeof a) && errno != EINPROGRESS) return close_reader(r, "connect");
    arm(r.h[0], EPOLLOUT, EPOLL_CTL_ADD);
}
static void on_connected(Reader &r) {
    int err = 0;
    socklen_t l = sizeof err;
    getsockopt(r.h[0].fd, SOL_SOCKET, SO_ERROR, &err, &l);
    if (err) return close_reader(r, "connect");
    arm(r.h[0], EPOLLIN, EPOLL_CTL_MOD);
    r.st = Reader::Handshake;
    if (g_proto == RTMP) return rtmp_begin(r);
    if (g_proto == FLV) {
        r.out = "GET " + r.url.path + " HTTP/1.1\r\nHost: " + r.url.host + "\r\nUser-Agent: rig-load\r\nAccept: */*\r\n\r\n";
        return flush_out(r);
    }
    r.step = 1;
    rtsp_send(r, "DESCRIBE", r.url.full, "Accept: application/sdp\r\n");
}
static void on_tcp(Reader &r) {
    size_t have = r.carry.size();
    memcpy(g_buf, r.carry.data(), have);
    ssize_t n = recv(r.h[0].fd, g_buf + have, sizeof g_buf - have, 0);
    if (n > 0 && g_save.size() && r.st == Reader::Playing) {
        if (r.save_fd < 0) r.save_fd = open((g_save + "/" + std::to_string(r.idx)).c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644);
        r.bytes += g_window ? n : 0, r.first_key = true;
        if (write(r.save_fd, g_buf + have, n) != n) close_reader(r, "write");
        return;
    }
    g_recv_calls++;
    if (n <= 0) {
        if (n < 0 && errno == EAGAIN) return;
        return close_reader(r, n ? strerror(errno) : "closed by server");
    }
    if (g_window) r.bytes += n;
    r.rx_bytes += n;
    int64_t now = now_ns();
    size_t total = have + n;
    size_t used = g_proto == RTMP ? feed_rtmp(r, g_buf, total, now) : g_proto == FLV ? feed_http(r, g_buf, total, now) : feed_rtsp(r, g_buf, total, now);
    if (r.st != Reader::Closed) r.carry.assign((char *)g_buf + used, total - used);
}
static void on_udp(Reader &r, Handle &h) {
    static mmsghdr mm[64];
    static iovec iov[64];
    for (int i = 0; i < 64; ++i) {
        iov[i] = {g_buf + i * 2048, 2048};
        mm[i].msg_hdr = {};
        mm[i].msg_hdr.msg_iov = &iov[i], mm[i].msg_hdr.msg_iovlen = 1;
    }
    int n = recvmmsg(h.fd, mm, 64, MSG_DONTWAIT, nullptr);
    g_recv_calls++;
    int64_t now = now_ns();
    for (int i = 0; i < n; ++i) {
        if (g_window) r.bytes += mm[i].msg_len;
        if (h.kind <= 2) on_rtp(r, h.kind - 1, g_buf + i * 2048, mm[i].msg_len, now);
    }
}
static void teardown(Reader &r) {
    if (r.st == Reader::Playing && g_proto <= RTSP_UDP) rtsp_send(r, "TEARDOWN", r.base);
    close_reader(r, "done");
}
static void poll_once(int ms) {
    epoll_event ev[512];
    int n = epoll_wait(g_ep, ev, 512, ms);
    for (int i = 0; i < n; ++i) {
        Handle &h = *(Handle *)ev[i].data.ptr;
        Reader &r = *h.r;
        if (h.fd < 0) continue;
        if (h.kind) on_udp(r, h);
        else if (r.st == Reader::Connecting) on_connected(r);
        else on_tcp(r);
    }
}
static void tick(Reader &r, int64_t now) {
    if (r.st != Reader::Playing || g_proto > RTSP_UDP) return;
    if (now > r.t_keep) {
        r.t_keep = now + 25000000000LL;
        rtsp_send(r, "OPTIONS", r.base);
    }
    if (r.st == Reader::Playing && now > r.t_rtcp) {
        r.t_rtcp = now + 5000000000LL;
        send_rr(r, 0);
        if (r.st == Reader::Playing) send_rr(r, 1);
    }
}

int main(int argc, char **argv) {
    int readers = 1, streams = 1, ttff = 0;
    double warmup = 4, duration = 10, rate = 200, ready_timeout = 30;
    for (int i = 1; i < argc; ++i) {
        std::string a = argv[i];
        auto val = [&] { return ++i < argc ? argv[i] : (fprintf(stderr, "%s needs a value\n", a.c_str()), exit(2), ""); };
        if (a == "--url") g_url = val();
        else if (a == "--readers") readers = atoi(val());
        else if (a == "--streams") streams = atoi(val());
        else if (a == "--warmup") warmup = atof(val());
        else if (a == "--duration") duration = atof(val());
        else if (a == "--rate") rate = atof(val());
        else if (a == "--ready-timeout") ready_timeout = atof(val());
        else if (a == "--ttff") ttff = atoi(val());
        else if (a == "--save") g_save = val();
        else if (a == "--proto") {
            std::string p = val();
            g_proto = p == "rtsp-tcp" ? RTSP_TCP : p == "rtsp-udp" ? RTSP_UDP : p == "rtmp" ? RTMP : p == "flv" ? FLV : (fprintf(stderr, "proto?\n"), exit(2), FLV);
        } else {
            fprintf(stderr, "unknown option %s\n", a.c_str());
            return 2;
        }
    }
    if (g_url.empty() && readers) {
        fprintf(stderr, "--url missing\n");
        return 2;
    }
    signal(SIGPIPE, SIG_IGN);
    signal(SIGTERM, [](int) { g_stop = 1; });
    signal(SIGINT, [](int) { g_stop = 1; });
    g_ep = epoll_create1(0);

    if (ttff) {
        Reader r;
        uint32_t rnd = 12345;
        int fails = 0;
        for (int k = 0; k < ttff && !g_stop; ++k) {
            r.url = parse_url(subst_i(g_url, k % streams));
            r.tries = 0;
            start(r);
            size_t had = g_ttff.size();
            int64_t until = now_ns() + 10000000000LL;
            while (g_ttff.size() == had && r.st != Reader::Closed && now_ns() < until && !g_stop) poll_once(50);
            if (g_ttff.size() == had) fails++;
            if (r.st != Reader::Closed) teardown(r);
            rnd = rnd * 1664525 + 1013904223;
            int64_t pause = now_ns() + 20000000LL + (int64_t)((rnd >> 8) / 16777216.0 * 2e9);  // uniform over a 2 s GOP
            while (now_ns() < pause && !g_stop) usleep(5000);
        }
        float mx = g_ttff.empty() ? -1 : *std::max_element(g_ttff.begin(), g_ttff.end());
        printf("{\"event\":\"result\",\"joins\":%d,\"failed\":%d,\"ttff_p50_ms\":%.2f,\"ttff_p90_ms\":%.2f,\"ttff_p95_ms\":%.2f,\"ttff_max_ms\":%.2f}\n", ttff, fails, pct(g_ttff, .5), pct(g_ttff, .9), pct(g_ttff, .95), mx);
        return fails ? 1 : 0;
    }

    std::vector<std::unique_ptr<Reader>> rs;
    for (int i = 0; i < readers; ++i) {
        rs.push_back(std::make_unique<Reader>());
        rs[i]->idx = i;
        rs[i]->url = parse_url(subst_i(g_url, i % streams));
    }
    int64_t t0 = now_ns(), ready_by = t0 + (int64_t)(ready_timeout * 1e9), next_conn = t0, last_tick = 0;
    int started = 0;
    auto housekeeping = [&](bool retry) {
        int64_t now = now_ns();
        if (now - last_tick < 20000000) return;
        last_tick = now;
        for (int i = 0; i < started; ++i) {
            Reader &r = *rs[i];
            if (retry && r.st == Reader::Closed) {
                if (!r.t_retry) r.t_retry = now + 300000000;
                else if (now > r.t_retry) start(r);
            } else {
                tick(r, now);
            }
        }
    };
    auto ready = [&] {
        for (auto &r : rs)
            if (r->st != Reader::Playing || !r->first_key) return false;
        return true;
    };
    while (readers && !g_stop && now_ns() < ready_by) {
        while (started < readers && now_ns() >= next_conn) {
            start(*rs[started++]);
            next_conn += (int64_t)(1e9 / rate);
        }
        poll_once(started < readers ? 1 : 20);
        housekeeping(true);
        if (started == readers && ready()) break;
    }
    double ramp = (now_ns() - t0) / 1e9;
    auto run_for = [&](double s) {
        int64_t end = now_ns() + (int64_t)(s * 1e9);
        while (!g_stop && now_ns() < end) poll_once(std::clamp<int>((end - now_ns()) / 1000000, 1, 50)), housekeeping(false);
    };
    run_for(warmup);
    g_lat.reserve(1 << 20);
    g_window = true;
    printf("{\"event\":\"window_start\"}\n");
    fflush(stdout);
    double cpu0 = self_cpu_s();
    uint64_t rc0 = g_recv_calls;
    int64_t w0 = now_ns();
    run_for(duration);
    double w = (now_ns() - w0) / 1e9, cpu = self_cpu_s() - cpu0;
    g_window = false;
    printf("{\"event\":\"window_end\"}\n");
    fflush(stdout);

    uint64_t bytes = 0, frames = 0, audio = 0, lost = 0, gaps = 0, reorder = 0, wrong = 0, minf = UINT64_MAX;
    int playing = 0;
    std::string why;
    for (auto &r : rs) {
        bytes += r->bytes, frames += r->frames, audio += r->audio, gaps += r->sei_gaps, wrong += r->wrong_stream;
        for (auto &t : r->tr) lost += t.lost, reorder += t.reorder;
        minf = std::min(minf, r->frames);
        if (r->st == Reader::Playing && r->first_key) playing++;
        else if (why.empty()) why = r->why.empty() ? "no key frame" : r->why;
        if (r->st != Reader::Closed) teardown(*r);
    }
    float mx = g_lat.empty() ? -1 : *std::max_element(g_lat.begin(), g_lat.end());
    printf("{\"event\":\"result\",\"readers\":%d,\"playing\":%d,\"ramp_s\":%.2f,\"window_s\":%.3f,\"mbps\":%.2f,\"fps\":%.2f,\"min_fps\":%.2f,\"audio_pps\":%.1f,"
           "\"rtp_lost\":%lu,\"rtp_reorder\":%lu,\"au_gaps\":%lu,\"wrong_stream\":%lu,\"lat_n\":%zu,\"lat_p50_ms\":%.3f,\"lat_p99_ms\":%.3f,\"lat_max_ms\":%.3f,"
           "\"join_p50_ms\":%.1f,\"join_p99_ms\":%.1f,\"load_cores\":%.3f,\"recv_calls_s\":%.0f,\"why\":\"%s\"}\n",
           readers, playing, ramp, w, bytes * 8 / w / 1e6, readers ? frames / w / readers : 0, readers ? minf / w : 0, readers ? audio / w / readers : 0, lost, reorder, gaps, wrong, g_lat.size(),
           pct(g_lat, .5), pct(g_lat, .99), mx, pct(g_ttff, .5), pct(g_ttff, .99), cpu / w, (g_recv_calls - rc0) / w, why.c_str());
    return playing == readers ? 0 : 1;
}
