// Shared pieces of the measuring rig: clock, the SEI time stamp, URLs, sockets,
// and the few bytes of RTMP/AMF that both the publisher and the reader speak.
#pragma once
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/uio.h>
#include <time.h>
#include <unistd.h>

#include <algorithm>
#include <string>
#include <string_view>
#include <vector>

inline int64_t now_ns() {
    timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return t.tv_sec * 1000000000LL + t.tv_nsec;
}

inline double self_cpu_s() {
    rusage r;
    getrusage(RUSAGE_SELF, &r);
    return r.ru_utime.tv_sec + r.ru_stime.tv_sec + (r.ru_utime.tv_usec + r.ru_stime.tv_usec) / 1e6;
}

// ---------------------------------------------------------------- SEI stamp
// An H.264 user_data_unregistered SEI in front of every access unit:
//   06 05 30 <16-byte uuid> <16 hex: send time, ns> <8 hex: counter> <8 hex: stream> 80
// ASCII only, so emulation prevention never changes its length.
inline constexpr char kUuid[] = "CASEMENT-RIG-SEI";
inline constexpr size_t kSeiLen = 2 + 1 + 16 + 32 + 1;

inline void put_hex(uint8_t *p, uint64_t v, int digits) {
    for (int i = digits - 1; i >= 0; --i, v >>= 4) p[i] = "0123456789abcdef"[v & 15];
}
inline bool get_hex(const uint8_t *p, int digits, uint64_t &v) {
    v = 0;
    for (int i = 0; i < digits; ++i) {
        int c = p[i], d = c >= '0' && c <= '9' ? c - '0' : c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
        if (d < 0) return false;
        v = v << 4 | d;
    }
    return true;
}
inline void make_sei(uint8_t *p, int64_t ns, uint32_t counter, uint32_t stream) {
    p[0] = 6, p[1] = 5, p[2] = 48;
    memcpy(p + 3, kUuid, 16);
    put_hex(p + 19, ns, 16);
    put_hex(p + 35, counter, 8);
    put_hex(p + 43, stream, 8);
    p[51] = 0x80;
}
struct Stamp {
    int64_t ns = 0;
    uint32_t counter = 0, stream = 0;
};
// nal points at the NAL header byte
inline bool read_sei(const uint8_t *nal, size_t n, Stamp &s) {
    if (n < kSeiLen - 1 || (nal[0] & 31) != 6 || nal[1] != 5 || memcmp(nal + 3, kUuid, 16)) return false;
    uint64_t a, b, c;
    if (!get_hex(nal + 19, 16, a) || !get_hex(nal + 35, 8, b) || !get_hex(nal + 43, 8, c)) return false;
    s = {(int64_t)a, (uint32_t)b, (uint32_t)c};
    return true;
}

// ---------------------------------------------------------------- URLs, sockets
struct Url {
    std::string scheme, host, path;  // path keeps its leading slash and the query
    int port = 0;
    std::string full;   // without user and password
    std::string basic;  // "user:password" in base64, for Authorization: Basic; empty when the URL names none
};
inline std::string base64(std::string_view in) {
    static const char *abc = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    std::string out;
    for (size_t i = 0; i < in.size(); i += 3) {
        uint32_t v = 0;
        for (size_t k = 0; k < 3; ++k) v = v << 8 | (i + k < in.size() ? (uint8_t)in[i + k] : 0);
        for (size_t k = 0; k < 4; ++k) out += i + k > in.size() ? '=' : abc[v >> (18 - 6 * k) & 63];
    }
    return out;
}
inline Url parse_url(const std::string &u) {
    Url r;
    r.full = u;
    size_t a = u.find("://"), h = a + 3, e = u.find('/', h);
    if (a == std::string::npos) {
        fprintf(stderr, "bad url %s\n", u.c_str());
        exit(2);
    }
    if (e == std::string::npos) e = u.size();
    r.scheme = u.substr(0, a);
    std::string hp = u.substr(h, e - h);
    if (size_t at = hp.rfind('@'); at != std::string::npos) {
        r.basic = base64(hp.substr(0, at));
        hp = hp.substr(at + 1);
        r.full = r.scheme + "://" + hp + u.substr(e);
    }
    size_t c = hp.rfind(':');
    r.host = hp.substr(0, c);
    r.port = c == std::string::npos ? (r.scheme == "rtmp" ? 1935 : r.scheme == "http" ? 80 : 554) : atoi(hp.c_str() + c + 1);
    r.path = e < u.size() ? u.substr(e) : "/";
    return r;
}
inline std::string subst_i(std::string t, int i) {  // {i} -> index
    size_t p;
    while ((p = t.find("{i}")) != std::string::npos) t.replace(p, 3, std::to_string(i));
    return t;
}
inline sockaddr_in addr_of(const Url &u) {
    sockaddr_in a{};
    a.sin_family = AF_INET;
    a.sin_port = htons(u.port);
    inet_pton(AF_INET, u.host == "localhost" ? "127.0.0.1" : u.host.c_str(), &a.sin_addr);
    if ((ntohl(a.sin_addr.s_addr) >> 24) != 127) {
        fprintf(stderr, "loopback only: %s\n", u.full.c_str());
        exit(2);
    }
    return a;
}
inline void nodelay(int fd) {
    int one = 1;
    setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one);
}
inline void nonblock(int fd) { fcntl(fd, F_SETFL, fcntl(fd, F_GETFL) | O_NONBLOCK); }

inline double pct(std::vector<float> &v, double p) {
    if (v.empty()) return -1;
    size_t k = std::min(v.size() - 1, (size_t)(p * v.size()));
    std::nth_element(v.begin(), v.begin() + k, v.end());
    return v[k];
}

// ---------------------------------------------------------------- RTMP / AMF0
struct Amf {
    std::string b;
    Amf &str(std::string_view s) {
        b += '\2';
        return raw(s);
    }
    Amf &raw(std::string_view s) {
        b += char(s.size() >> 8), b += char(s.size());
        b += s;
        return *this;
    }
    Amf &num(double d) {
        uint64_t v;
        memcpy(&v, &d, 8);
        b += '\0';
        for (int i = 56; i >= 0; i -= 8) b += char(v >> i);
        return *this;
    }
    Amf &null() { return b += '\5', *this; }
    Amf &obj() { return b += '\3', *this; }
    Amf &end() { return b.append("\0\0\11", 3), *this; }
};
inline void be(std::string &o, uint32_t v, int bytes) {
    for (int i = bytes - 1; i >= 0; --i) o += char(v >> (8 * i));
}
// one RTMP message as chunks (fmt 0, then fmt 3)
inline void rtmp_message(std::string &o, int csid, uint32_t ts, int type, uint32_t msid, const char *p, size_t n, size_t chunk) {
    o += char(csid);
    uint32_t t24 = ts >= 0xffffff ? 0xffffff : ts;
    be(o, t24, 3), be(o, n, 3), o += char(type);
    for (int i = 0; i < 4; ++i) o += char(msid >> (8 * i));
    if (t24 == 0xffffff) be(o, ts, 4);
    for (size_t k = 0;;) {
        size_t m = std::min(chunk, n - k);
        o.append(p + k, m);
        if ((k += m) >= n) break;
        o += char(0xc0 | csid);
        if (t24 == 0xffffff) be(o, ts, 4);
    }
}
inline void rtmp_command(std::string &o, const Amf &a, uint32_t msid, size_t chunk) {
    rtmp_message(o, 3, 0, 20, msid, a.b.data(), a.b.size(), chunk);
}
inline Amf rtmp_connect_cmd(const std::string &app, const Url &u) {
    Amf a;
    a.str("connect").num(1).obj();
    a.raw("app").str(app).raw("type").str("nonprivate").raw("flashVer").str("FMLE/3.0 (compatible; rig)");
    a.raw("tcUrl").str("rtmp://" + u.host + ":" + std::to_string(u.port) + "/" + app);
    a.raw("fpad").b += std::string("\1\0", 2);
    a.raw("capabilities").num(15).raw("audioCodecs").num(4071).raw("videoCodecs").num(252).raw("videoFunction").num(1);
    return a.end();
}
inline void split_app(const Url &u, std::string &app, std::string &name) {
    size_t s = u.path.find('/', 1);
    app = u.path.substr(1, s == std::string::npos ? s : s - 1);
    name = s == std::string::npos ? "" : u.path.substr(s + 1);
}

// Incremental chunk reader. Keeps only the first kKeep bytes of each message.
// feed() consumes as much as it can and returns the number of bytes used; the
// caller carries over the rest (only ever an incomplete chunk header).
struct RtmpIn {
    static constexpr size_t kKeep = 512;
    struct Cs {
        uint32_t ts = 0, delta = 0, len = 0, msid = 0, got = 0;
        uint8_t type = 0;
        bool ext = false;
        uint8_t keep[kKeep];
    };
    std::vector<Cs *> cs = std::vector<Cs *>(64, nullptr);
    size_t chunk = 128;
    Cs *cur = nullptr;
    size_t left = 0;  // payload bytes left in the current chunk
    bool bad = false;
    ~RtmpIn() {
        for (auto *c : cs) delete c;
    }
    template <class F>
    size_t feed(const uint8_t *p, size_t n, F &&on_message) {
        size_t i = 0;
        while (i < n && !bad) {
            if (!cur) {
                size_t q = i, bh = 1;
                int fmt = p[q] >> 6;
                unsigned id = p[q] & 63;
                if (id == 0) bh = 2;
                if (id == 1) bh = 3;
                if (n - q < bh) break;
                if (bh == 2) id = 64 + p[q + 1];
                if (bh == 3) id = 64 + p[q + 1] + 256 * p[q + 2];
                if (id >= cs.size()) {
                    if (id > 70000) { bad = true; break; }
                    cs.resize(id + 1, nullptr);
                }
                if (!cs[id]) cs[id] = new Cs;
                Cs &c = *cs[id];
                static const int hl[4] = {11, 7, 3, 0};
                size_t h = hl[fmt];
                if (n - q < bh + h) break;
                const uint8_t *m = p + q + bh;
                bool ext = fmt == 3 ? c.ext : (m[0] == 0xff && m[1] == 0xff && m[2] == 0xff);
                size_t total = bh + h + (ext ? 4 : 0);
                if (n - q < total) break;
                if (fmt < 3) {
                    c.ext = ext;
                    uint32_t t = m[0] << 16 | m[1] << 8 | m[2];
                    if (ext) t = (uint32_t)m[h] << 24 | m[h + 1] << 16 | m[h + 2] << 8 | m[h + 3];
                    if (fmt < 2) c.len = m[3] << 16 | m[4] << 8 | m[5], c.type = m[6];
                    if (fmt == 0) c.msid = m[7] | m[8] << 8 | m[9] << 16 | (uint32_t)m[10] << 24, c.ts = t, c.delta = 0;
                    else c.delta = t, c.ts += t;
                    c.got = 0;
                } else if (c.got == 0) {
                    c.ts += c.delta;
                }
                i = q + total;
                cur = &c;
                left = std::min<size_t>(chunk, c.len - c.got);
            }
            size_t m = std::min(left, n - i);
            if (cur->got < kKeep) memcpy(cur->keep + cur->got, p + i, std::min(m, kKeep - cur->got));
            cur->got += m, left -= m, i += m;
            if (left == 0) {
                Cs *c = cur;
                cur = nullptr;
                if (c->got >= c->len) {
                    size_t have = std::min<size_t>(c->len, kKeep);
                    if (c->type == 1 && have >= 4) chunk = std::max(1u, (c->keep[0] & 0x7fu) << 24 | c->keep[1] << 16 | c->keep[2] << 8 | c->keep[3]);
                    c->got = 0;
                    on_message(*c, have);
                }
            }
        }
        return i;
    }
};
