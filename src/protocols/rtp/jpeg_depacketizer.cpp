#include <algorithm>
#include <initializer_list>
#include <map>
#include <optional>

#include "base/byte_reader.hpp"
#include "protocols/rtp/jpeg_tables.hpp"
#include "protocols/rtp/payload_depacketizers.hpp"
#include "protocols/rtp/unit_buffer.hpp"

namespace casement::protocols::rtp {

namespace {

using base::ByteReader;

/// Two tables of 16-bit values; types 0 and 1 use no more.
constexpr std::size_t kMaxTableBytes = 2 * 128;

/// RFC 2435 §3.1: what stands before every fragment.
struct MainHeader {
    std::uint32_t offset = 0;
    std::uint8_t type = 0;
    std::uint8_t q = 0;
    int width = 0;   // pixels
    int height = 0;  // pixels
    std::uint16_t restart_interval = 0;

    static constexpr std::uint8_t kRestartTypes = 64;
    bool has_restarts() const { return type >= kRestartTypes && type < 128; }
    bool is_known() const {
        return (type & 0x3F) <= 1 && type < 128 && q != 0 && (q < 100 || q > 127) && width > 0 &&
               height > 0;
    }
};

MainHeader read_main_header(ByteReader& in) {
    MainHeader header;
    in.skip(1);  // type-specific: fields of interlaced pictures, which we show as they come
    header.offset = in.u24();
    header.type = in.u8();
    header.q = in.u8();
    header.width = in.u8() * 8;
    header.height = in.u8() * 8;
    if (header.has_restarts()) {
        header.restart_interval = in.u16();
        in.skip(2);  // first, last, count: we need no partial pictures
    }
    return header;
}

/// Reassembles JPEG files. A picture of other size is reported as new parameters.
class JpegDepacketizer final : public Depacketizer {
public:
    explicit JpegDepacketizer(media::CodecParametersPtr parameters)
        : Depacketizer(std::move(parameters)), file_(kMaxUnitBytes) {}

    void push(const Packet& packet, bool lost_before, std::vector<Unit>& out) override {
        if (lost_before) lost_ = true;
        if (open_ && (lost_before || packet.timestamp != timestamp_)) drop();
        if (packet.payload.empty()) return;
        ByteReader in(packet.payload);
        const MainHeader header = read_main_header(in);
        if (in.failed() || !header.is_known()) {
            ++counters_.malformed;
            if (open_) drop();
            return;
        }
        if (header.offset == 0 && !begin(header, in, packet.timestamp)) {
            ++counters_.malformed;
            open_ = false;
            return;
        }
        if (!open_) {
            note_damaged(packet.timestamp);
            return;
        }
        if (file_.size() - scan_at_ != header.offset) return drop();
        if (!file_.append(in.rest())) {
            ++counters_.oversized;
            return drop();
        }
        if (packet.marker) finish(header, out);
    }
    void flush(std::vector<Unit>&) override {}

private:
    void drop() {
        open_ = false;
        note_damaged(timestamp_);
    }

    /// Counts each picture once, however many of its packets still come.
    void note_damaged(std::uint32_t timestamp) {
        lost_ = true;
        if (damaged_ != timestamp) ++counters_.damaged;
        damaged_ = timestamp;
    }

    bool begin(const MainHeader& header, ByteReader& in, std::uint32_t timestamp) {
        Tables tables;
        if (header.q >= 128) {
            if (!read_tables(header.q, in, tables)) return false;
        } else {
            const auto made = jpeg::quantisation_tables(header.q);
            tables.bytes.assign(made.begin(), made.end());
        }
        timestamp_ = timestamp;
        open_ = true;
        file_.clear();
        write_file_header(header, tables);
        scan_at_ = file_.size();
        return true;
    }

    struct Tables {
        std::vector<std::uint8_t> bytes;
        std::uint8_t precision = 0;  // bit n: table n has 16-bit values
        std::size_t size_of(std::size_t n) const { return precision >> n & 1 ? 128 : 64; }
    };

    /// RFC 2435 §3.1.8. Q of 128 to 254 may leave the tables out when they were sent before.
    bool read_tables(std::uint8_t q, ByteReader& in, Tables& tables) {
        in.skip(1);
        tables.precision = in.u8();
        const ByteSpan bytes = in.take(in.u16());
        if (in.failed()) return false;
        if (bytes.empty()) {
            const auto known = tables_.find(q);
            if (q == 255 || known == tables_.end()) return false;
            tables = known->second;
            return true;
        }
        const ByteSpan used = bytes.first(std::min(bytes.size(), kMaxTableBytes));
        tables.bytes.assign(used.begin(), used.end());
        if (tables.bytes.size() < tables.size_of(0)) return false;
        if (q != 255) tables_[q] = tables;
        return true;
    }

    void put(std::initializer_list<std::uint8_t> bytes) {
        (void)file_.append({bytes.begin(), bytes.size()});
    }
    static std::uint8_t high(std::size_t v) { return static_cast<std::uint8_t>(v >> 8); }
    static std::uint8_t low(std::size_t v) { return static_cast<std::uint8_t>(v); }

    /// RFC 2435 Appendix B. One table serves all components when only one was sent.
    void write_file_header(const MainHeader& header, const Tables& tables) {
        put({0xFF, 0xD8});
        std::size_t at = 0;
        std::uint8_t count = 0;
        for (; count < 2 && at + tables.size_of(count) <= tables.bytes.size(); ++count) {
            const std::size_t size = tables.size_of(count);
            const auto precision = static_cast<std::uint8_t>((tables.precision >> count & 1) << 4);
            put({0xFF, 0xDB, high(size + 3), low(size + 3),
                 static_cast<std::uint8_t>(precision | count)});
            (void)file_.append(ByteSpan(tables.bytes).subspan(at, size));
            at += size;
        }
        const auto chroma_table = static_cast<std::uint8_t>(count > 1 ? 1 : 0);
        if (header.restart_interval != 0)
            put({0xFF, 0xDD, 0, 4, high(header.restart_interval), low(header.restart_interval)});
        // Type 0 is 4:2:2, type 1 is 4:2:0 (RFC 2435 §4.1).
        const std::uint8_t sampling = (header.type & 1) ? 0x22 : 0x21;
        put({0xFF, 0xC0, 0, 17, 8, high(static_cast<std::size_t>(header.height)),
             low(static_cast<std::size_t>(header.height)),
             high(static_cast<std::size_t>(header.width)),
             low(static_cast<std::size_t>(header.width)), 3});
        put({1, sampling, 0, 2, 0x11, chroma_table, 3, 0x11, chroma_table});
        for (const jpeg::HuffmanTable& table : jpeg::huffman_tables()) {
            const std::size_t length = 2 + 1 + table.counts.size() + table.values.size();
            put({0xFF, 0xC4, high(length), low(length), table.class_and_id});
            (void)file_.append(table.counts);
            (void)file_.append(table.values);
        }
        put({0xFF, 0xDA, 0, 12, 3, 1, 0x00, 2, 0x11, 3, 0x11, 0, 63, 0});
    }

    void finish(const MainHeader& header, std::vector<Unit>& out) {
        open_ = false;
        const ByteSpan file = file_.view();
        const bool has_end = file[file.size() - 2] == 0xFF && file[file.size() - 1] == 0xD9;
        if (!has_end) put({0xFF, 0xD9});
        Unit unit{.rtp_timestamp = timestamp_,
                  .key = true,
                  .after_loss = lost_,
                  .data = media::Bytes::copy_of(file_.view()),
                  .parameters = {}};
        if (!parameters_ || parameters_->width != header.width ||
            parameters_->height != header.height) {
            media::CodecParameters parameters;
            parameters.codec = media::Codec::Mjpeg;
            parameters.width = header.width;
            parameters.height = header.height;
            unit.parameters = parameters_ =
                std::make_shared<const media::CodecParameters>(std::move(parameters));
        }
        lost_ = false;
        ++counters_.units;
        out.push_back(std::move(unit));
    }

    UnitBuffer file_;
    std::size_t scan_at_ = 0;
    bool open_ = false;
    bool lost_ = false;
    std::uint32_t timestamp_ = 0;
    std::optional<std::uint32_t> damaged_;  // timestamp of the picture counted last
    std::map<std::uint8_t, Tables> tables_;
};

}  // namespace

std::unique_ptr<Depacketizer> make_jpeg_depacketizer(media::CodecParametersPtr parameters) {
    return std::make_unique<JpegDepacketizer>(std::move(parameters));
}

}  // namespace casement::protocols::rtp
