#include "net/http_parser.hpp"

#include <boost/asio/buffer.hpp>
#include <boost/beast/http/basic_parser.hpp>
#include <boost/beast/http/error.hpp>

namespace casement::net {

namespace http = boost::beast::http;
using base::ErrorKind;
using boost::system::error_code;

struct HttpParser::Engine {
    virtual ~Engine() = default;
    virtual std::size_t put(base::ByteSpan bytes, error_code& ec) = 0;
    virtual void put_end(error_code& ec) = 0;
    virtual void no_body() = 0;
    virtual bool head_done() const = 0;
    virtual bool done() const = 0;
    virtual void body_phase() = 0;

    HttpHead head;
    std::string body;
    bool head_told = false;
    std::uint64_t chunk_left = 0;  // bytes of the chunk under way
};

template <bool is_request>
struct HttpParser::BeastEngine final : HttpParser::Engine, http::basic_parser<is_request> {
    using Base = http::basic_parser<is_request>;
    using View = boost::beast::string_view;

    explicit BeastEngine(HttpLimits limits) : max_fields(limits.header_fields) {
        Base::header_limit(static_cast<std::uint32_t>(limits.header_bytes));
        Base::body_limit(boost::none);  // the caller counts: it knows the route
    }

    std::size_t put(base::ByteSpan bytes, error_code& ec) override {
        const std::size_t n = Base::put(boost::asio::const_buffer(bytes.data(), bytes.size()), ec);
        return n;
    }
    void put_end(error_code& ec) override { Base::put_eof(ec); }
    void no_body() override { Base::skip(true); }
    bool head_done() const override { return Base::is_header_done(); }
    bool done() const override { return Base::is_done(); }
    void body_phase() override { Base::eager(true); }

    void on_request_impl(http::verb, View method, View target, int version, error_code&) override {
        head.method = std::string(method);
        head.target = std::string(target);
        head.version = static_cast<unsigned>(version);
    }
    void on_response_impl(int code, View, int version, error_code&) override {
        head.status = code;
        head.version = static_cast<unsigned>(version);
    }
    void on_field_impl(http::field, View name, View value, error_code& ec) override {
        if (head.headers.size() >= max_fields) {
            ec = http::error::header_limit;
            return;
        }
        head.headers.add(std::string(name), std::string(value));
    }
    void on_header_impl(error_code&) override {
        head.keep_alive = Base::keep_alive();
        head.chunked = Base::chunked();
        if (const auto length = Base::content_length()) head.content_length = *length;
    }
    void on_body_init_impl(const boost::optional<std::uint64_t>&, error_code&) override {}
    std::size_t on_body_impl(View bytes, error_code&) override {
        body.append(bytes.data(), bytes.size());
        return bytes.size();
    }
    void on_chunk_header_impl(std::uint64_t size, View, error_code&) override { chunk_left = size; }
    std::size_t on_chunk_body_impl(std::uint64_t, View bytes, error_code&) override {
        chunk_left -= bytes.size();
        body.append(bytes.data(), bytes.size());
        return bytes.size();
    }
    void on_finish_impl(error_code&) override {}

    std::size_t max_fields;
};

HttpParser::HttpParser(Kind kind, HttpLimits limits) {
    if (kind == Kind::Request) {
        engine_ = std::make_unique<BeastEngine<true>>(limits);
    } else {
        engine_ = std::make_unique<BeastEngine<false>>(limits);
    }
}
HttpParser::~HttpParser() = default;
HttpParser::HttpParser(HttpParser&&) noexcept = default;
HttpParser& HttpParser::operator=(HttpParser&&) noexcept = default;

void HttpParser::expect_no_body() { engine_->no_body(); }

namespace {

base::Error error_of(const error_code& ec) {
    if (ec == http::error::header_limit)
        return {ErrorKind::ResourceExhausted, "the HTTP header is larger than allowed"};
    return {ErrorKind::InvalidArgument, fmt::format("not a valid HTTP message: {}", ec.message())};
}

}  // namespace

base::Result<std::size_t> HttpParser::feed(base::ByteSpan bytes) {
    std::size_t taken = 0;
    // One put() takes one step (a head, a chunk header, a stretch of body).
    while (taken < bytes.size() && !engine_->done()) {
        // Where the first chunk is the last, Beast (1.81) asserts as many bytes as its shortest end
        // has: "0\r\n\r\n".
        constexpr std::size_t kShortestEnd = 5;
        const auto rest = base::as_text(bytes.subspan(taken));
        const bool is_between = engine_->head.chunked && engine_->chunk_left == 0;
        if (is_between && rest.size() < kShortestEnd && rest.starts_with('0')) break;
        error_code ec;
        const std::size_t n = engine_->put(bytes.subspan(taken), ec);
        taken += n;
        if (ec == http::error::need_more) break;
        if (ec) return std::unexpected(error_of(ec));
        if (engine_->head_done() && !std::exchange(engine_->head_told, true)) {
            engine_->body_phase();
            break;
        }
        if (n == 0) break;
    }
    return taken;
}

base::Result<> HttpParser::feed_end() {
    error_code ec;
    // Beast asserts that something came before the end.
    if (engine_->head_done()) engine_->put_end(ec);
    if (ec || !engine_->head_done())
        return base::fail(ErrorKind::Unavailable,
                          "the other side closed in the middle of an HTTP message");
    return {};
}

bool HttpParser::head_done() const { return engine_->head_done(); }
bool HttpParser::done() const { return engine_->done(); }
HttpHead& HttpParser::head() { return engine_->head; }
const HttpHead& HttpParser::head() const { return engine_->head; }
std::string HttpParser::take_body() { return std::exchange(engine_->body, {}); }
std::size_t HttpParser::pending_body_bytes() const { return engine_->body.size(); }

}  // namespace casement::net
