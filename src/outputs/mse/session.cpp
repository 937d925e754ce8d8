#include "outputs/mse/session.hpp"

#include <chrono>
#include <optional>
#include <utility>
#include <variant>
#include <vector>

#include <nlohmann/json.hpp>

#include "async/task_group.hpp"
#include "outputs/mse/live_pieces.hpp"

namespace casement::outputs::mse {

namespace {

using async::Task;
using nlohmann::json;
using namespace std::chrono_literals;

/// How long a viewer waits in silence for an on-demand camera before it is told why there is no
/// picture yet.
constexpr auto kStartTime = 10s;
/// The stock player keeps what it cannot append yet in a buffer of 2 MiB, and breaks when a burst
/// passes it. The backlog of a GOP is sent in portions below that; 15 portions a second are 180
/// Mbit/s, more than any camera sends in the long run.
constexpr std::size_t kBurstBytes = 1'500'000;
constexpr auto kBurstPause = 66ms;

enum class Mode { Mse, KeyPieces };

std::string text_of(std::string_view type, const json& value) {
    return json{{"type", type}, {"value", value}}.dump();
}
std::string error_of(std::string_view type, std::string_view message) {
    return text_of("error", std::string(type) + ": " + std::string(message));
}

/// Everything lives on the connection's executor.
class Session : public std::enable_shared_from_this<Session> {
public:
    Session(std::shared_ptr<const Services> services, std::shared_ptr<hub::Stream> stream,
            net::Request request, std::shared_ptr<net::WebSocket> socket)
        : services_(std::move(services)),
          stream_(std::move(stream)),
          request_(std::move(request)),
          socket_(std::move(socket)),
          log_(services_->log.with("camera", stream_->name())
                   .with("viewer", request_.remote_address)),
          tasks_(request_.executor, log_) {}

    Task<> run() {
        if (services_->signals) {
            signals_ = services_->signals(request_, stream_,
                                          [socket = std::weak_ptr(socket_)](std::string text) {
                                              if (const auto open = socket.lock())
                                                  (void)open->post_text(std::move(text));
                                          });
        }
        while (true) {
            const auto message = co_await socket_->receive();
            if (!message) break;
            if (message->is_text()) on_text(std::string(message->text()));
        }
        signals_.reset();
        co_await tasks_.stop();
    }

private:
    void on_text(const std::string& text) {
        const json message = json::parse(text, nullptr, false);
        if (!message.is_object() || !message.contains("type") || !message["type"].is_string()) {
            (void)socket_->post_text(error_of("message", "not a JSON object with a type"));
            return;
        }
        const auto type = message["type"].get<std::string>();
        const auto value = message.contains("value") && message["value"].is_string()
                               ? message["value"].get<std::string>()
                               : std::string();
        if (type == "mse") return start(type, Mode::Mse, value);
        if (type == "mp4") return start(type, Mode::KeyPieces, value);
        if (type == "mjpeg") return start(type, std::nullopt, value);
        if (signals_ && signals_->handle(type, text)) return;
        (void)socket_->post_text(error_of(type, "not served here"));
    }

    /// One kind of pictures at a time on a connection: the player races MSE against WebRTC, not
    /// against itself.
    void start(std::string type, std::optional<Mode> mode, const std::string& codecs) {
        if (started_) {
            (void)socket_->post_text(error_of(type, "pictures are being sent already"));
            return;
        }
        started_ = true;
        tasks_.spawn("mse viewer",
                     [self = shared_from_this(), type, mode, list = CodecList::parse(codecs)] {
                         return mode ? self->pump(type, *mode, list) : self->pump_jpeg(type);
                     });
    }

    Task<> pump_jpeg(std::string type) {
        mjpeg::PictureReader reader(services_->pictures, stream_, request_.executor,
                                    {.kind = type, .remote = request_.remote_address});
        if (!co_await socket_->send_text(text_of(type, ""))) co_return;
        co_await say_why_not(type);
        while (true) {
            auto picture = co_await reader.next();
            if (!picture) {
                (void)co_await socket_->send_text(error_of(type, picture.error().message()));
                break;
            }
            if (!co_await send_paced({}, std::move(picture->jpeg)))
                break;  // the connection is gone
        }
    }

    /// The viewer stays: the camera may come back, and then the pictures start.
    Task<> say_why_not(std::string type) {
        const auto ready = co_await stream_->wait_ready(async::Deadline::in(kStartTime));
        if (!ready) (void)co_await socket_->send_text(error_of(type, ready.error().message()));
    }

    Task<> pump(std::string type, Mode mode, CodecList list) {
        PieceViewer viewer(services_->fan_out, stream_, request_.executor, std::move(list), type,
                           request_.remote_address);
        co_await say_why_not(type);
        while (true) {
            auto item = co_await viewer.next();
            if (!item) {
                (void)co_await socket_->send_text(error_of(type, item.error().message()));
                break;
            }
            if (!co_await send(std::move(**item), type, mode)) break;  // the connection is gone
        }
    }

    Task<base::Result<>> send(PieceViewer::Item item, std::string type, Mode mode) {
        if (const auto* lost = std::get_if<PiecesLost>(&item))
            co_return co_await socket_->send_text(text_of("drop", {{"frames", lost->count}}));
        if (const auto* refused = std::get_if<PiecesRefused>(&item))
            co_return co_await socket_->send_text(error_of(type, refused->why.message()));
        if (const auto* setup = std::get_if<fanout::WireSetupPtr>(&item)) {
            init_ = (*setup)->init;
            CASEMENT_CO_TRY(co_await announce(type, (*setup)->mime));
            if (mode == Mode::KeyPieces) co_return base::Result<>{};
            co_return co_await send_paced({}, init_);
        }
        const auto& piece = std::get<LivePiece>(item);
        if (mode == Mode::Mse) co_return co_await send_paced(piece.head, piece.rest);
        if (!piece.key) co_return base::Result<>{};
        std::vector<std::uint8_t> file_head(init_.begin(), init_.end());
        file_head.insert(file_head.end(), piece.head.begin(), piece.head.end());
        co_return co_await send_paced(media::Bytes::from(std::move(file_head)), piece.rest);
    }

    /// Says what comes, once per set of codecs: a player that hears it again adds a second buffer,
    /// while a new init segment of the same codecs is enough by itself.
    Task<base::Result<>> announce(std::string type, std::string value) {
        const std::string families = families_of(value);
        if (std::exchange(announced_, families) == families) co_return base::Result<>{};
        co_return co_await socket_->send_text(text_of(type, value));
    }

    /// The codecs without profile and level.
    static std::string families_of(std::string_view mime) {
        std::string out = "-";
        bool detail = false;
        for (const char c : mime) {
            if (c == ',' || c == '"') detail = false;
            if (c == '.') detail = true;
            if (!detail) out += c;
        }
        return out;
    }

    Task<base::Result<>> send_paced(media::Bytes head, media::Bytes bytes) {
        const auto now = std::chrono::steady_clock::now();
        if (now - burst_began_ > kBurstPause) {
            burst_began_ = now;
            burst_bytes_ = 0;
        }
        if (burst_bytes_ > 0 && burst_bytes_ + head.size() + bytes.size() > kBurstBytes) {
            CASEMENT_CO_TRY(co_await async::sleep_for(kBurstPause));
            burst_began_ = std::chrono::steady_clock::now();
            burst_bytes_ = 0;
        }
        burst_bytes_ += head.size() + bytes.size();
        const auto owner = std::make_shared<const media::Bytes>(std::move(bytes));
        co_return co_await socket_->send_binary(head, owner, owner->view());
    }

    const std::shared_ptr<const Services> services_;
    const std::shared_ptr<hub::Stream> stream_;
    const net::Request request_;
    const std::shared_ptr<net::WebSocket> socket_;
    const base::Log log_;
    std::unique_ptr<SignalHandler> signals_;
    bool started_ = false;

    media::Bytes init_;
    std::string announced_;
    std::chrono::steady_clock::time_point burst_began_{};
    std::size_t burst_bytes_ = 0;

    async::TaskGroup tasks_;
};

Task<> serve(std::shared_ptr<const Services> services, net::Request request,
             std::shared_ptr<net::WebSocket> socket) {
    const std::string name =
        request.query_value("src").value_or(std::string(request.capture("name")));
    auto stream = services->hub.find(name);
    if (!stream) {
        (void)co_await socket->send_text(error_of("mse", "there is no camera \"" + name + "\""));
        co_return co_await socket->close(net::ws_close::kPolicy, "no such camera");
    }
    const auto session = std::make_shared<Session>(std::move(services), std::move(stream),
                                                   std::move(request), std::move(socket));
    co_await session->run();
}

}  // namespace

net::WebSocketHandler websocket_handler(std::shared_ptr<const Services> services) {
    return [services = std::move(services)](net::Request request,
                                            std::shared_ptr<net::WebSocket> socket) {
        return serve(services, std::move(request), std::move(socket));
    };
}

}  // namespace casement::outputs::mse
