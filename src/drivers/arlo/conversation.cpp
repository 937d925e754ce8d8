#include "drivers/arlo/conversation.hpp"

#include <array>

#include "net/connect.hpp"
#include "protocols/arlo/shown.hpp"

namespace casement::drivers::arlo {

namespace {

using base::ErrorKind;
using base::fail;
using base::Result;
using protocols::arlo::FrameReader;
using protocols::arlo::Message;
using protocols::arlo::Response;

/// All that a silent connection costs beside the socket; a whole status mostly fits.
constexpr std::size_t kReadBytes = 2048;

async::Task<Result<std::optional<std::string>>> read_on(net::Stream& stream, FrameReader& frames) {
    std::array<std::uint8_t, kReadBytes> buffer;
    for (;;) {
        CASEMENT_CO_TRY(auto frame, frames.next());
        if (frame) co_return frame;
        const auto size = co_await stream.read_some(buffer);
        if (size) {
            frames.feed(std::span(buffer).first(*size));
            continue;
        }
        if (!stream.ended()) co_return std::unexpected(size.error());
        CASEMENT_CO_TRY(frames.end());
        co_return std::nullopt;
    }
}

/// What a device says that is no answer is a failed try, not a refusal.
Result<Response> answer_to(const Message& request, const std::string& json) {
    auto message = protocols::arlo::parse_message(json);
    if (!message) return fail(ErrorKind::Unavailable, "its answer: {}", message.error().message());
    auto* const response = std::get_if<Response>(&message->body);
    if (response == nullptr)
        return fail(ErrorKind::Unavailable, "it answered with a {}",
                    protocols::arlo::shown(message->type()));
    if (message->id != request.id)
        return fail(ErrorKind::Unavailable, "it answered message {} when it was asked {}",
                    message->id, request.id);
    return std::move(*response);
}

}  // namespace

async::Task<Result<std::optional<std::string>>> read_frame(net::Stream& stream, FrameReader& frames,
                                                           async::Deadline deadline) {
    co_return co_await async::with_deadline(deadline, "the rest of a message",
                                            read_on(stream, frames));
}

async::Task<Result<Response>> TcpLink::exchange(std::string address, Port port, Message message) {
    const std::uint16_t number =
        port == Port::Doorbell ? options_.doorbell_port : options_.camera_port;
    CASEMENT_CO_TRY(const std::string frame, protocols::arlo::to_frame(message));
    net::ConnectOptions options;
    options.bind_address = options_.bind_address;
    const auto connecting = async::Deadline::in(options_.connect_within);
    CASEMENT_CO_TRY(const auto stream,
                    co_await net::connect(address, number, std::move(options), connecting));

    const auto answering = async::Deadline::in(options_.answer_within);
    CASEMENT_CO_TRY(co_await async::with_deadline(answering, "to send",
                                                  stream->write_all(base::as_bytes(frame))));
    FrameReader frames;
    const auto json = co_await read_frame(*stream, frames, answering);
    if (!json) {
        const bool is_nonsense = json.error().is(ErrorKind::InvalidArgument) ||
                                 json.error().is(ErrorKind::ResourceExhausted) ||
                                 json.error().is(ErrorKind::DataLoss);
        if (is_nonsense)
            co_return fail(ErrorKind::Unavailable, "its answer: {}", json.error().message());
        co_return std::unexpected(json.error());
    }
    if (!*json)
        co_return fail(ErrorKind::Unavailable, "it closed the connection without an answer");
    co_return answer_to(message, **json);
}

}  // namespace casement::drivers::arlo
