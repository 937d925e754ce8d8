#include "protocols/rtmp/client_session.hpp"

#include <algorithm>
#include <array>

#include "base/text.hpp"

namespace casement::protocols::rtmp {

using base::Error;
using base::ErrorKind;
using base::fail;
using base::Result;

namespace {

/// Transaction ids: every command of ours is sent once.
constexpr double kConnect = 1, kReleaseStream = 2, kFcPublish = 3, kCreateStream = 4, kRequest = 5,
                 kCheckBandwidth = 6, kGoodbye = 7;

constexpr std::size_t kMaxSentence = 200;
/// SetBufferLength: how much a server may send ahead. Some wait for it before they play.
constexpr std::uint32_t kBufferMs = 3000;

/// The server's words, fit for a log and a page.
std::string sentence_of(const Value& info) {
    std::string out(info.text_of("description").substr(0, kMaxSentence));
    if (out.empty()) out = info.text_of("code").substr(0, kMaxSentence);
    if (out.empty()) out = info.text().substr(0, kMaxSentence);
    std::ranges::replace_if(
        out, [](char c) { return static_cast<unsigned char>(c) < 0x20 || c == 0x7F; }, ' ');
    return out.empty() ? "no reason given" : out;
}

/// RTMP has no code for a wrong password: servers say it in their sentence.
bool speaks_of_access(std::string_view sentence) {
    static constexpr std::array<std::string_view, 7> kWords{
        "auth", "password", "credential", "token", "denied", "forbidden", "not allowed"};
    const std::string text = base::lower_case(sentence);
    return std::ranges::any_of(
        kWords, [&](std::string_view word) { return text.find(word) != std::string::npos; });
}

Error refusal(const Value& info, std::string_view what) {
    const std::string_view code = info.text_of("code");
    const std::string sentence = sentence_of(info);
    const std::string message = fmt::format("the RTMP server refused {}: {}", what, sentence);
    if (speaks_of_access(sentence))
        return Error(ErrorKind::Unauthenticated, "wrong-password", message);
    if (code == "NetStream.Play.StreamNotFound" || code == "NetConnection.Connect.InvalidApp")
        return Error(ErrorKind::NotFound, message);
    if (code == "NetStream.Publish.BadName")
        return Error(ErrorKind::FailedPrecondition, "busy", message);
    return Error(ErrorKind::Unavailable, message);
}

}  // namespace

void ClientSession::start() { connection_.start(); }

Result<std::optional<ClientEvent>> ClientSession::next(base::ByteSpan& input) {
    for (;;) {
        auto message = connection_.next(input);
        if (connection_.ready() && state_ == State::Handshaking) {
            send_connect();
            state_ = State::Connecting;
        }
        if (!message) return std::unexpected(std::move(message).error());
        if (!*message) return std::nullopt;
        CASEMENT_TRY(auto event, take(std::move(**message)));
        if (event) return event;
    }
}

Result<ClientSession::Event> ClientSession::take(Message message) {
    const bool playing =
        role_ == Role::Play && (state_ == State::Asking || state_ == State::Started);
    switch (message.type) {
        case MessageType::Audio:
        case MessageType::Video:
            if (!playing) return std::nullopt;
            state_ = State::Started;
            return MediaMessage{message.type, message.timestamp_ms, std::move(message.payload)};
        case MessageType::DataAmf0:
        case MessageType::DataAmf3:
            if (auto body = metadata_of(message); playing && !body.empty())
                return Metadata{std::move(body)};
            return std::nullopt;
        default:
            break;
    }
    CASEMENT_TRY(const Command command, parse_command(message));
    return take_command(command);
}

Result<ClientSession::Event> ClientSession::take_command(const Command& command) {
    if (command.name == "_result") {
        CASEMENT_TRY(take_result(command));
    } else if (command.name == "_error") {
        // releaseStream and FCPublish are courtesies: many servers do not know them.
        if (command.transaction == kConnect)
            return std::unexpected(refusal(command.argument(0), "the connection"));
        if (command.transaction == kCreateStream || command.transaction == kRequest) {
            return std::unexpected(refusal(command.argument(0), "the stream"));
        }
    } else if (command.name == "onStatus") {
        return take_status(command.argument(0));
    } else if (command.name == "onBWDone") {
        append_command(output(), 0, {"_checkbw", kCheckBandwidth, Value()});
    } else if (command.name == "close") {
        if (state_ != State::Started)
            return std::unexpected(refusal(command.argument(0), "the connection"));
        state_ = State::Finished;
        return Finished{"the server closed the stream"};
    }
    return std::nullopt;
}

Result<> ClientSession::take_result(const Command& command) {
    if (command.transaction == kConnect && state_ == State::Connecting) {
        send_create();
        state_ = State::Creating;
    } else if (command.transaction == kCreateStream && state_ == State::Creating) {
        const double id = command.argument(0).number();
        if (!(id >= 0 && id <= 0xFFFFFFFF))
            return fail(ErrorKind::DataLoss, "RTMP: the server gave no stream id");
        stream_id_ = static_cast<std::uint32_t>(id);
        send_request();
        state_ = State::Asking;
    }
    return {};
}

Result<ClientSession::Event> ClientSession::take_status(const Value& info) {
    const std::string_view code = info.text_of("code");
    if (info.text_of("level") == "error") {
        return std::unexpected(
            refusal(info, role_ == Role::Play ? "to play the stream" : "the stream"));
    }
    const bool starts =
        code == (role_ == Role::Play ? "NetStream.Play.Start" : "NetStream.Publish.Start");
    if (starts && state_ == State::Asking) {
        state_ = State::Started;
        return Started{};
    }
    const bool ends = code == "NetStream.Play.UnpublishNotify" || code == "NetStream.Play.Stop" ||
                      code == "NetStream.Play.Complete";
    if (ends && state_ == State::Started) {
        state_ = State::Finished;
        return Finished{sentence_of(info)};
    }
    return std::nullopt;
}

void ClientSession::send_connect() {
    const bool plays = role_ == Role::Play;
    append_set_chunk_size(output(), kOutChunkBytes);
    std::vector<Value::Property> object{
        {"app", address_.app},
        {"flashVer",
         plays ? "LNX 9,0,124,2"
               : "FMLE/3.0 (compatible; Casement)"},  // servers tell players from encoders by it
        {"tcUrl", address_.tc_url},
        {"fpad", false},
        {"capabilities", 15},
        {"audioCodecs", 4071},  // all of §7.2.1.1
        {"videoCodecs", 252},
        {"videoFunction", 1},
        {"objectEncoding", 0},
        {"fourCcList", Value::array({"hvc1", "avc1", "Opus", "mp4a"})}};  // Enhanced RTMP
    if (!plays) object.insert(object.begin() + 1, {"type", "nonprivate"});
    append_command(output(), 0, {"connect", kConnect, Value::object(std::move(object))});
}

void ClientSession::send_create() {
    append_window_ack_size(output(), kWindowAckBytes);
    if (role_ == Role::Publish) {
        append_command(output(), 0, {"releaseStream", kReleaseStream, Value(), address_.name});
        append_command(output(), 0, {"FCPublish", kFcPublish, Value(), address_.name});
    }
    append_command(output(), 0, {"createStream", kCreateStream, Value()});
}

void ClientSession::send_request() {
    if (role_ == Role::Publish) {
        append_command(output(), stream_id_, {"publish", kRequest, Value(), address_.name, "live"});
        return;
    }
    append_set_buffer_length(output(), stream_id_, kBufferMs);
    append_command(
        output(), stream_id_,
        {"play", kRequest, Value(), address_.name, -2000});  // live if there is one, else recorded
}

void ClientSession::close() {
    if (state_ == State::Asking || state_ == State::Started) {
        if (role_ == Role::Publish)
            append_command(output(), 0, {"FCUnpublish", kGoodbye, Value(), address_.name});
        append_command(output(), 0, {"deleteStream", 0, Value(), static_cast<double>(stream_id_)});
    }
    state_ = State::Finished;
}

}  // namespace casement::protocols::rtmp
