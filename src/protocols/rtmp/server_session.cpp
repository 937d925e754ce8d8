#include "protocols/rtmp/server_session.hpp"

#include <algorithm>
#include <array>

namespace casement::protocols::rtmp {

using base::ErrorKind;
using base::fail;
using base::Result;

namespace {

/// Nobody's connect fields are longer; they end in the log.
constexpr std::size_t kMaxSoftwareText = 120;

/// What Enhanced RTMP clients look for in the answer to connect.
Value four_cc_list() { return Value::array({"avc1", "hvc1", "mp4a", "Opus"}); }

/// FourCCs of the peer: the list of version 1 and the keys of version 2's maps.
std::vector<std::string> four_ccs_of(const Value& connect, std::size_t limit) {
    std::vector<std::string> out;
    const auto add = [&](const std::string& code) {
        if (out.size() < limit && code.size() <= 4) out.push_back(code);
    };
    if (const Value* list = connect.find("fourCcList")) {
        for (const Value& item : list->items()) add(item.text());
    }
    for (const char* map : {"videoFourCcInfoMap", "audioFourCcInfoMap"}) {
        if (const Value* found = connect.find(map)) {
            for (const auto& [code, mask] : found->properties()) add(code);
        }
    }
    return out;
}

}  // namespace

ServerSession::ServerSession() { connection_.set_message_limit(ChunkReader::kMaxCommandBytes); }

Result<std::optional<ServerEvent>> ServerSession::next(base::ByteSpan& input) {
    while (!has_request()) {
        CASEMENT_TRY(auto message, connection_.next(input));
        if (!message) return std::nullopt;
        CASEMENT_TRY(auto event, take(std::move(*message)));
        if (event) return event;
    }
    return std::nullopt;
}

Result<ServerSession::Event> ServerSession::take(Message message) {
    switch (message.type) {
        case MessageType::Audio:
        case MessageType::Video:
            if (!is_publishing()) return std::nullopt;
            return MediaMessage{message.type, message.timestamp_ms, std::move(message.payload)};
        case MessageType::DataAmf0:
        case MessageType::DataAmf3:
            if (auto body = metadata_of(message); is_publishing() && !body.empty())
                return Metadata{std::move(body)};
            return std::nullopt;
        default:
            break;
    }
    CASEMENT_TRY(const Command command, parse_command(message));
    return take_command(command);
}

Result<ServerSession::Event> ServerSession::take_command(const Command& command) {
    const std::string& name = command.name;
    if (name == "connect") return on_connect(command);
    if (state_ == State::Fresh)
        return fail(ErrorKind::DataLoss, "RTMP: the first command is not connect");
    if (name == "publish") return on_request(command, State::AskedPublish);
    if (name == "play") return on_request(command, State::AskedPlay);
    if (name == "deleteStream" || name == "closeStream" || name == "FCUnpublish")
        return end_stream();
    if (name == "createStream") {
        answer_plain(command, static_cast<double>(kMediaStreamId));
    } else if (name == "getStreamLength") {
        answer_plain(command, 0);  // live has none
    } else if (name == "pause" || name == "pauseRaw") {
        on_pause(command);
    } else if (name == "releaseStream" || name == "FCSubscribe" || name == "_checkbw" ||
               name == "checkBandwidth") {
        answer_plain(command);
    } else if (name == "FCPublish") {
        answer_plain(command);
        // Flash Media Live Encoder waits for this one.
        append_command(output(), 0,
                       {"onFCPublish", 0, Value(),
                        Value::object({{"code", "NetStream.Publish.Start"},
                                       {"description", "The stream may be published."}})});
    } else if (command.transaction != 0 && !name.starts_with('_') && !name.starts_with("on") &&
               !name.starts_with("receive")) {
        append_command(output(), 0,
                       {"_error", command.transaction, Value(),
                        Value::object({{"level", "error"},
                                       {"code", "NetConnection.Call.Failed"},
                                       {"description", "This hub does not know that command."}})});
    }
    return std::nullopt;
}

Result<ServerSession::Event> ServerSession::on_connect(const Command& command) {
    if (state_ != State::Fresh) return fail(ErrorKind::DataLoss, "RTMP: connect came twice");
    app_ = command.object.text_of("app");
    tc_url_ = command.object.text_of("tcUrl");
    software_ = command.object.text_of("flashVer").substr(0, kMaxSoftwareText);
    four_ccs_ = four_ccs_of(command.object, kMaxFourCcs);
    append_window_ack_size(output(), kWindowAckBytes);
    append_set_peer_bandwidth(output(), kWindowAckBytes);
    append_set_chunk_size(output(), kOutChunkBytes);
    append_user_control(output(), ControlEvent::StreamBegin, 0);
    // Flash-era clients read features off fmsVer and capabilities; from 3,5 on they ask for H.264.
    append_command(output(), 0,
                   {"_result", command.transaction,
                    Value::object({{"fmsVer", "FMS/3,5,1,0"}, {"capabilities", 31}, {"mode", 1}}),
                    Value::object({{"level", "status"},
                                   {"code", "NetConnection.Connect.Success"},
                                   {"description", "Connected."},
                                   {"objectEncoding", 0},
                                   {"fourCcList", four_cc_list()}})});
    state_ = State::Connected;
    return std::nullopt;
}

Result<ServerSession::Event> ServerSession::on_request(const Command& command, State asked) {
    if (state_ != State::Connected)
        return fail(ErrorKind::DataLoss, "RTMP: a second stream on one connection");
    name_ = command.argument(0).text();
    state_ = asked;
    Request request{.app = app_,
                    .name = name_,
                    .tc_url = tc_url_,
                    .software = software_,
                    .where = make_stream_path(app_, name_)};
    if (asked == State::AskedPublish) return PublishRequest{std::move(request)};
    return PlayRequest{std::move(request)};
}

void ServerSession::on_pause(const Command& command) {
    const bool paused = command.argument(0).boolean();
    append_status(output(), kMediaStreamId, "status",
                  paused ? "NetStream.Pause.Notify" : "NetStream.Unpause.Notify",
                  paused ? "Paused." : "Going on.");
}

void ServerSession::answer_plain(const Command& command, Value value) {
    if (command.transaction == 0) return;  // §7.2.1.1: 0 asks for no answer
    append_command(output(), 0, {"_result", command.transaction, Value(), std::move(value)});
}

void ServerSession::accept() {
    if (!has_request()) return;
    append_user_control(output(), ControlEvent::StreamBegin, kMediaStreamId);
    if (state_ == State::AskedPublish) {
        connection_.set_message_limit(ChunkReader::kMaxMessageBytes);
        append_status(output(), kMediaStreamId, "status", "NetStream.Publish.Start", "Go ahead.");
        state_ = State::Publishing;
        return;
    }
    append_status(output(), kMediaStreamId, "status", "NetStream.Play.Reset", "Here it comes.");
    append_status(output(), kMediaStreamId, "status", "NetStream.Play.Start", "Here it comes.");
    // Flash shows nothing of a stream it may not look into.
    append_message(output(),
                   {.chunk_stream = ChunkStreamId::Data,
                    .type = MessageType::DataAmf0,
                    .stream_id = kMediaStreamId},
                   {formats::amf0::written({"|RtmpSampleAccess", true, true})});
    state_ = State::Playing;
}

void ServerSession::reject(Refusal refusal, std::string_view sentence) {
    if (!has_request()) return;
    constexpr std::array kCodes{"NetStream.Publish.BadName", "NetStream.Play.StreamNotFound",
                                "NetConnection.Connect.Rejected"};
    append_status(output(), kMediaStreamId, "error", kCodes[static_cast<std::size_t>(refusal)],
                  sentence);
    state_ = refusal == Refusal::NotAllowed ? State::Refused : State::Connected;
}

void ServerSession::finish_play(std::string_view sentence) {
    if (!is_playing()) return;
    append_user_control(output(), ControlEvent::StreamEof, kMediaStreamId);
    append_status(output(), kMediaStreamId, "status", "NetStream.Play.UnpublishNotify", sentence);
    state_ = State::Connected;
}

void ServerSession::ping(std::uint32_t milliseconds) {
    append_user_control(output(), ControlEvent::PingRequest, milliseconds);
}

ServerSession::Event ServerSession::end_stream() {
    if (!is_publishing() && !is_playing()) return std::nullopt;
    state_ = State::Connected;
    return StreamEnded{};
}

bool ServerSession::peer_takes(std::string_view four_cc) const {
    return std::ranges::any_of(
        four_ccs_, [&](const std::string& code) { return code == four_cc || code == "*"; });
}

}  // namespace casement::protocols::rtmp
