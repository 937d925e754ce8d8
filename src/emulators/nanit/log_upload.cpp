#include "emulators/nanit/log_upload.hpp"

#include <array>
#include <memory>
#include <utility>

#include "base/text.hpp"
#include "base/url.hpp"
#include "net/connect.hpp"

namespace casement::emulators::nanit {

using base::ErrorKind;
using base::Result;

namespace {

constexpr std::chrono::seconds kContinuePatience{1};
constexpr std::size_t kMaxHead = 16 * 1024, kChunk = 4096;
constexpr std::uint64_t kHugeLength = 8ull << 30;
constexpr std::size_t kMissing = 10;
constexpr std::string_view kEndOfHead = "\r\n\r\n";

/// The next head of an answer, and its status.
async::Task<Result<int>> read_status(net::Stream& stream, std::string& in) {
    std::array<std::uint8_t, 1024> buffer{};
    while (!in.contains(kEndOfHead)) {
        if (in.size() > kMaxHead)
            co_return base::fail(ErrorKind::DataLoss, "the answer's head has no end");
        CASEMENT_CO_TRY(const std::size_t got, co_await stream.read_some(buffer));
        in += base::as_text(base::ByteSpan(buffer).first(got));
    }
    std::string_view line = in;
    line = base::take_until(line, '\r');
    (void)base::take_until(line, ' ');
    const auto status = base::parse_number<int>(base::take_until(line, ' '));
    in.erase(0, in.find(kEndOfHead) + kEndOfHead.size());
    if (!status) co_return base::fail(ErrorKind::DataLoss, "the answer is not HTTP");
    co_return *status;
}

std::string head_of(const base::Url& url, const LogUpload& upload) {
    std::string out = fmt::format(
        "PUT {} HTTP/1.1\r\nHost: {}\r\nUser-Agent: curl/7.61.1\r\nAccept: */*\r\n"
        "Content-Type: application/x-www-form-urlencoded\r\nExpect: 100-continue\r\n",
        url.target(), url.authority());
    if (upload.is_chunked) return out + "Transfer-Encoding: chunked\r\n\r\n";
    std::uint64_t length = upload.archive.size();
    if (upload.fault == LogFault::HugeLength) length = kHugeLength;
    if (upload.fault == LogFault::LiesInLength) length += kMissing;
    return out + fmt::format("Content-Length: {}\r\n\r\n", length);
}

std::string body_of(const LogUpload& upload) {
    if (!upload.is_chunked) return upload.archive;
    std::string out;
    for (std::size_t at = 0; at < upload.archive.size(); at += kChunk) {
        const auto piece = std::string_view(upload.archive).substr(at, kChunk);
        out += fmt::format("{:x}\r\n{}\r\n", piece.size(), piece);
    }
    // A lie in a chunk: no end.
    return upload.fault == LogFault::LiesInLength ? out : out + "0\r\n\r\n";
}

async::Task<Result<int>> put(LogUpload upload, async::Deadline deadline) {
    CASEMENT_CO_TRY(const base::Url url, base::Url::parse(upload.url));
    if (url.scheme != "http")
        co_return base::fail(ErrorKind::InvalidArgument, "not an address to upload to");
    CASEMENT_CO_TRY(const auto stream,
                    co_await net::connect(url.host, url.port_or_default(), {}, deadline));
    const std::string head = head_of(url, upload);
    CASEMENT_CO_TRY(co_await stream->write_all(base::as_bytes(head)));
    std::string in;
    // Without TLS it is one of these. (A wait may end early where a read may not.)
    auto& plain = static_cast<net::PlainStream&>(*stream);
    if (co_await async::with_deadline(async::Deadline::in(kContinuePatience), "100",
                                      plain.wait_readable())) {
        CASEMENT_CO_TRY(const int status, co_await read_status(*stream, in));
        if (status != 100) co_return status;  // RFC 9110 §10.1.1: a final answer instead
    }
    const std::string body = body_of(upload);
    CASEMENT_CO_TRY(co_await stream->write_all(base::as_bytes(body)));
    if (upload.fault == LogFault::LiesInLength) (void)co_await stream->shut_down();
    for (;;) {
        CASEMENT_CO_TRY(const int status, co_await read_status(*stream, in));
        if (status >= 200) co_return status;
    }
}

}  // namespace

async::Task<Result<int>> upload_log(LogUpload upload, async::Deadline deadline) {
    co_return co_await async::with_deadline(deadline, "log upload",
                                            put(std::move(upload), deadline));
}

}  // namespace casement::emulators::nanit
