// Both session roles: against hand-written peers, and against each other.

#include <gtest/gtest.h>

#include <algorithm>

#include "protocols/rtmp/client_session.hpp"
#include "protocols/rtmp/server_session.hpp"
#include "tests/fakes/media_data.hpp"

namespace casement::protocols::rtmp {
namespace {

using base::ErrorKind;
using fakes::hex;
using formats::amf0::written;
using media::Bytes;

/// A peer that is all hands: handshake, then messages as told.
class Peer {
public:
    static OutBytes hello() {
        OutBytes out(1 + 2 * kHandshakeBytes, 0);
        out[0] = 3;
        return out;
    }
    static OutBytes command(std::initializer_list<Value> values,
                            MessageType type = MessageType::CommandAmf0) {
        OutBytes out;
        auto payload = written(values);
        if (type == MessageType::CommandAmf3) payload.insert(payload.begin(), 0);
        append_message(out, {.type = type}, {payload}, kDefaultChunkBytes);
        return out;
    }
    static OutBytes message(MessageType type, std::uint32_t ms, const Bytes& payload) {
        OutBytes out;
        append_message(out,
                       {.chunk_stream = ChunkStreamId::Video,
                        .type = type,
                        .timestamp_ms = ms,
                        .stream_id = kMediaStreamId},
                       {payload}, kDefaultChunkBytes);
        return out;
    }
    /// What the other side sent behind its handshake, cut into messages.
    std::vector<Message> read(OutBytes& output) {
        base::ByteSpan input = output;
        std::vector<Message> out;
        if (!shaken_) {
            input = input.subspan(std::min(input.size(), 1 + 2 * kHandshakeBytes));
            shaken_ = true;
        }
        for (;;) {
            auto message = reader_.read(input);
            EXPECT_TRUE(message) << message.error().message();
            if (!message || !*message) break;
            out.push_back(std::move(**message));
        }
        output.clear();
        return out;
    }
    std::vector<Command> read_commands(OutBytes& output) {
        std::vector<Command> out;
        for (const Message& message : read(output)) {
            if (message.type != MessageType::CommandAmf0) continue;
            auto command = parse_command(message);
            EXPECT_TRUE(command);
            if (command) out.push_back(std::move(*command));
        }
        return out;
    }

private:
    ChunkReader reader_;
    bool shaken_ = false;
};

std::string code_of(const Command& command) {
    return std::string(command.argument(0).text_of("code"));
}

class RtmpServerSession : public testing::Test {
protected:
    std::optional<ServerEvent> give(const OutBytes& bytes) {
        base::ByteSpan input = bytes;
        auto event = session_.next(input);
        EXPECT_TRUE(event) << event.error().message();
        if (!event) return std::nullopt;
        EXPECT_TRUE(*event || input.empty());
        return std::move(*event);
    }
    std::vector<Command> answers() { return peer_.read_commands(session_.output()); }
    void connect(std::string_view app = "live") {
        EXPECT_FALSE(give(Peer::hello()));
        EXPECT_FALSE(give(Peer::command(
            {"connect", 1,
             Value::object(
                 {{"app", app}, {"tcUrl", "rtmp://hub/live"}, {"flashVer", "FMLE/3.0"}})})));
        EXPECT_FALSE(give(Peer::command({"createStream", 2, Value()})));
    }
    void publish() {
        connect();
        auto event = give(Peer::command({"publish", 3, Value(), "key", "live"}));
        ASSERT_TRUE(event && std::holds_alternative<PublishRequest>(*event));
        session_.accept();
        (void)answers();
    }

    ServerSession session_;
    Peer peer_;
};

TEST_F(RtmpServerSession, AnswersConnect) {
    EXPECT_FALSE(give(Peer::hello()));
    EXPECT_EQ(session_.output().size(), 1 + 2 * kHandshakeBytes);
    EXPECT_FALSE(give(Peer::command(
        {"connect", 1,
         Value::object({{"app", "live"}, {"fourCcList", Value::array({"hvc1", "av01"})}})})));
    const auto messages = peer_.read(session_.output());
    ASSERT_EQ(messages.size(), 4u);  // Set Chunk Size is obeyed by the reader
    EXPECT_EQ(messages[0].type, MessageType::WindowAckSize);
    EXPECT_EQ(messages[1].type, MessageType::SetPeerBandwidth);
    EXPECT_EQ(messages[2].type, MessageType::UserControl);
    const auto result = parse_command(messages[3]);
    ASSERT_TRUE(result);
    EXPECT_EQ(result->name, "_result");
    EXPECT_EQ(result->transaction, 1);
    EXPECT_EQ(code_of(*result), "NetConnection.Connect.Success");
    EXPECT_TRUE(session_.peer_takes("hvc1"));
    EXPECT_FALSE(session_.peer_takes("Opus"));
}

TEST_F(RtmpServerSession, TakesAPublisher) {
    connect("push?token=t");
    (void)answers();
    auto event = give(Peer::command({"publish", 3, Value(), "abc?x=1", "live"}));
    ASSERT_TRUE(event);
    const auto* request = std::get_if<PublishRequest>(&*event);
    ASSERT_TRUE(request);
    EXPECT_EQ(request->app, "push?token=t");
    EXPECT_EQ(request->name, "abc?x=1");
    EXPECT_EQ(request->tc_url, "rtmp://hub/live");
    EXPECT_EQ(request->software, "FMLE/3.0");
    EXPECT_EQ(request->where.path, "push/abc");
    EXPECT_EQ(request->where.query, "token=t&x=1");
    EXPECT_TRUE(session_.output().empty()) << "nothing is said before the host has decided";
    session_.accept();
    EXPECT_TRUE(session_.is_publishing());
    const auto commands = answers();
    ASSERT_EQ(commands.size(), 1u);
    EXPECT_EQ(commands[0].name, "onStatus");
    EXPECT_EQ(code_of(commands[0]), "NetStream.Publish.Start");
    auto media = give(Peer::message(MessageType::Video, 1234, hex("17 00 000000 01")));
    ASSERT_TRUE(media);
    const auto* video = std::get_if<MediaMessage>(&*media);
    ASSERT_TRUE(video);
    EXPECT_EQ(video->type, MessageType::Video);
    EXPECT_EQ(video->timestamp_ms, 1234u);
    EXPECT_EQ(video->body, hex("17 00 000000 01"));
}

TEST_F(RtmpServerSession, TakesNothingWhileARequestWaits) {
    connect();
    OutBytes both = Peer::command({"publish", 3, Value(), "key", "live"});
    const OutBytes early = Peer::message(MessageType::Video, 0, hex("17 00 000000 01"));
    both.insert(both.end(), early.begin(), early.end());
    base::ByteSpan input = both;
    auto event = session_.next(input);
    ASSERT_TRUE(event && *event);
    EXPECT_EQ(input.size(), early.size());
    event = session_.next(input);
    ASSERT_TRUE(event);
    EXPECT_FALSE(*event);
    EXPECT_EQ(input.size(), early.size());
    session_.accept();
    event = session_.next(input);
    ASSERT_TRUE(event && *event);
    EXPECT_TRUE(std::holds_alternative<MediaMessage>(**event)) << "an eager encoder loses nothing";
}

TEST_F(RtmpServerSession, ToleratesWhatEncodersSayAround) {
    connect();
    (void)answers();
    EXPECT_FALSE(give(Peer::command({"releaseStream", 4, Value(), "key"})));
    EXPECT_FALSE(give(Peer::command({"FCPublish", 5, Value(), "key"})));
    EXPECT_FALSE(give(Peer::command({"_checkbw", 6, Value()})));
    EXPECT_FALSE(
        give(Peer::command({"getStreamLength", 7, Value(), "key"}, MessageType::CommandAmf3)));
    EXPECT_FALSE(give(Peer::command({"receiveAudio", 8, Value(), true})));
    EXPECT_FALSE(give(Peer::command({"onBWDone", 9, Value()})));
    EXPECT_FALSE(give(Peer::command({"wish", 10, Value()})));
    const auto commands = answers();
    ASSERT_EQ(commands.size(), 6u);
    const auto is_result = [&](std::size_t i, double transaction) {
        return commands[i].name == "_result" && commands[i].transaction == transaction;
    };
    EXPECT_TRUE(is_result(0, 4));
    EXPECT_TRUE(is_result(1, 5));
    EXPECT_EQ(commands[2].name, "onFCPublish");
    EXPECT_TRUE(is_result(3, 6));
    EXPECT_TRUE(is_result(4, 7));
    EXPECT_EQ(commands[5].name, "_error");
    EXPECT_EQ(commands[5].transaction, 10);
}

TEST_F(RtmpServerSession, RefusesInWordsThatClientsKnow) {
    connect();
    (void)answers();
    ASSERT_TRUE(give(Peer::command({"publish", 3, Value(), "key", "live"})));
    session_.reject(Refusal::BadName, "Nobody waits for this key.");
    auto commands = answers();
    ASSERT_EQ(commands.size(), 1u);
    EXPECT_EQ(code_of(commands[0]), "NetStream.Publish.BadName");
    EXPECT_EQ(commands[0].argument(0).text_of("level"), "error");
    EXPECT_EQ(commands[0].argument(0).text_of("description"), "Nobody waits for this key.");
    ASSERT_TRUE(give(Peer::command({"play", 4, Value(), "porch"})))
        << "the connection may ask again";
    session_.reject(Refusal::StreamNotFound, "There is no camera of that name.");
    EXPECT_EQ(code_of(answers().at(0)), "NetStream.Play.StreamNotFound");
    ASSERT_TRUE(give(Peer::command({"play", 5, Value(), "porch"})));
    session_.reject(Refusal::NotAllowed, "The password is wrong.");
    EXPECT_EQ(code_of(answers().at(0)), "NetConnection.Connect.Rejected");
    const OutBytes again = Peer::command({"play", 6, Value(), "porch"});
    base::ByteSpan input = again;
    EXPECT_FALSE(session_.next(input));
}

TEST_F(RtmpServerSession, StartsAPlayer) {
    connect();
    (void)answers();
    auto event = give(Peer::command({"play", 3, Value(), "porch?user=u&pass=p", -2000}));
    ASSERT_TRUE(event);
    ASSERT_TRUE(std::holds_alternative<PlayRequest>(*event));
    EXPECT_EQ(std::get<PlayRequest>(*event).where.path, "live/porch");
    session_.accept();
    EXPECT_TRUE(session_.is_playing());
    const auto messages = peer_.read(session_.output());
    ASSERT_EQ(messages.size(), 4u);
    EXPECT_EQ(messages[0].payload, hex("0000 00000001")) << "StreamBegin";
    EXPECT_EQ(code_of(*parse_command(messages[1])), "NetStream.Play.Reset");
    EXPECT_EQ(code_of(*parse_command(messages[2])), "NetStream.Play.Start");
    EXPECT_EQ(messages[3].type, MessageType::DataAmf0);
    EXPECT_EQ(messages[3].stream_id, kMediaStreamId);
    EXPECT_FALSE(give(Peer::command({"pause", 0, Value(), true, 0})));
    EXPECT_EQ(code_of(answers().at(0)), "NetStream.Pause.Notify");
    session_.finish_play("The camera is off.");
    const auto end = peer_.read(session_.output());
    ASSERT_EQ(end.size(), 2u);
    EXPECT_EQ(end[0].payload, hex("0001 00000001")) << "StreamEof";
    EXPECT_EQ(code_of(*parse_command(end[1])), "NetStream.Play.UnpublishNotify");
}

TEST_F(RtmpServerSession, HandsOutMetadataWithoutItsWrapping) {
    publish();
    const Bytes plain = Bytes::from(written({"onMetaData", Value::object({{"width", 1280}})}));
    const auto with_set =
        written({"@setDataFrame", "onMetaData", Value::object({{"width", 1280}})});
    auto amf3 = with_set;
    amf3.insert(amf3.begin(), 0);
    for (const auto& message : {Peer::message(MessageType::DataAmf0, 0, plain),
                                Peer::message(MessageType::DataAmf0, 0, Bytes::from(with_set)),
                                Peer::message(MessageType::DataAmf3, 0, Bytes::from(amf3))}) {
        auto event = give(message);
        ASSERT_TRUE(event && std::holds_alternative<Metadata>(*event));
        EXPECT_EQ(std::get<Metadata>(*event).body, plain);
    }
    EXPECT_FALSE(
        give(Peer::message(MessageType::DataAmf0, 0, Bytes::from(written({"onTextData", 1})))));
}

TEST_F(RtmpServerSession, TakesAggregatesApart) {
    publish();
    const Bytes aggregate =
        hex("09 000003 000064 00 000000 170100 0000000e"
            "08 000002 000079 00 000000 af01 0000000d"
            "12 000001 000079 00 000000 05 0000000c"
            "09 000001 00008c 00 000000 27 0000000c");
    const OutBytes bytes = Peer::message(MessageType::Aggregate, 5000, aggregate);
    base::ByteSpan input = bytes;
    std::vector<MediaMessage> parts;
    for (;;) {
        auto event = session_.next(input);
        ASSERT_TRUE(event);
        if (!*event) break;
        parts.push_back(std::get<MediaMessage>(**event));
    }
    ASSERT_EQ(parts.size(), 3u);
    EXPECT_EQ(parts[0].timestamp_ms, 5000u);
    EXPECT_EQ(parts[0].body, hex("170100"));
    EXPECT_EQ(parts[1].type, MessageType::Audio);
    EXPECT_EQ(parts[1].timestamp_ms, 5021u);
    EXPECT_EQ(parts[2].timestamp_ms, 5040u);
    fakes::for_each_prefix(aggregate, [&](media::ByteSpan prefix) {
        const OutBytes cut = Peer::message(MessageType::Aggregate, 5000, Bytes::copy_of(prefix));
        base::ByteSpan in = cut;
        for (int i = 0; i < 4; ++i) {
            const auto event = session_.next(in);
            ASSERT_TRUE(event);
            if (!*event) return;
        }
        FAIL() << "more parts than there are";
    });
}

TEST_F(RtmpServerSession, EndsAStreamOnceAndMayBeginAnother) {
    publish();
    auto event = give(Peer::command({"FCUnpublish", 6, Value(), "key"}));
    ASSERT_TRUE(event && std::holds_alternative<StreamEnded>(*event));
    EXPECT_FALSE(give(Peer::command({"deleteStream", 7, Value(), 1})));
    EXPECT_FALSE(give(Peer::message(MessageType::Video, 0, hex("17")))) << "late media is nobody's";
    EXPECT_TRUE(give(Peer::command({"publish", 8, Value(), "other", "live"})));
}

TEST_F(RtmpServerSession, AnswersPingsAndHearsPongs) {
    connect();
    (void)answers();
    EXPECT_FALSE(give(Peer::message(MessageType::UserControl, 0, hex("0006 00001234"))));
    auto messages = peer_.read(session_.output());
    ASSERT_EQ(messages.size(), 1u);
    EXPECT_EQ(messages[0].payload, hex("0007 00001234"));
    session_.ping(77);
    messages = peer_.read(session_.output());
    EXPECT_EQ(messages.at(0).payload, hex("0006 0000004d"));
    EXPECT_EQ(session_.last_pong(), std::nullopt);
    EXPECT_FALSE(give(Peer::message(MessageType::UserControl, 0, hex("0007 0000004d"))));
    EXPECT_EQ(session_.last_pong(), 77u);
}

TEST_F(RtmpServerSession, AcknowledgesWithinThePeersWindow) {
    publish();
    EXPECT_FALSE(give(Peer::message(MessageType::WindowAckSize, 0, hex("00004e20"))));  // 20,000
    const Bytes body = Bytes::from(std::vector<std::uint8_t>(4'000, 0x17));
    std::uint64_t unacknowledged = session_.bytes_received();
    int acknowledgements = 0;
    for (int i = 0; i < 20; ++i) {
        (void)give(Peer::message(MessageType::Video, 0, body));
        for (const Message& message : peer_.read(session_.output())) {
            ASSERT_EQ(message.type, MessageType::Acknowledgement);
            EXPECT_EQ(base::ByteReader(message.payload).u32(), session_.bytes_received());
            unacknowledged = session_.bytes_received();
            ++acknowledgements;
        }
        EXPECT_LT(session_.bytes_received() - unacknowledged, 20'000u);
    }
    EXPECT_GE(acknowledgements, 4);
}

TEST_F(RtmpServerSession, RefusesLargeMessagesUntilOneMayPublish) {
    connect();
    OutBytes big =
        Peer::message(MessageType::Video, 0,
                      Bytes::from(std::vector<std::uint8_t>(ChunkReader::kMaxCommandBytes + 1, 0)));
    base::ByteSpan input = big;
    const auto event = session_.next(input);
    ASSERT_FALSE(event);
    EXPECT_TRUE(event.error().is(ErrorKind::ResourceExhausted));
}

TEST_F(RtmpServerSession, RefusesCommandsOutOfOrder) {
    for (const auto& first : {Peer::command({"play", 1, Value(), "x"}), Peer::command({1, 2, 3})}) {
        ServerSession session;
        OutBytes all = Peer::hello();
        all.insert(all.end(), first.begin(), first.end());
        base::ByteSpan input = all;
        const auto event = session.next(input);
        ASSERT_FALSE(event);
        EXPECT_TRUE(event.error().is(ErrorKind::DataLoss));
    }
}

TEST_F(RtmpServerSession, SurvivesEveryTruncationOfADialogue) {
    OutBytes dialogue = Peer::hello();
    for (const auto& part : {Peer::command({"connect", 1, Value::object({{"app", "live"}})}),
                             Peer::command({"createStream", 2, Value()}),
                             Peer::command({"publish", 3, Value(), "key", "live"}),
                             Peer::message(MessageType::Video, 0, hex("17 00 000000 01"))}) {
        dialogue.insert(dialogue.end(), part.begin(), part.end());
    }
    std::size_t most = 0;
    for (std::size_t size = 2 * kHandshakeBytes; size <= dialogue.size(); ++size) {
        const OutBytes cut(dialogue.begin(), dialogue.begin() + static_cast<std::ptrdiff_t>(size));
        ServerSession session;
        base::ByteSpan input = cut;
        std::size_t events = 0;
        for (;;) {
            const auto event = session.next(input);
            ASSERT_TRUE(event);
            if (!*event) break;
            ++events;
            session.accept();
        }
        most = std::max(most, events);
    }
    EXPECT_EQ(most, 2u);
}

/// A client and a server joined by memory; `decide` is the host of the server.
struct Pair {
    explicit Pair(ClientSession::Role role,
                  std::string_view url = "rtmp://hub/live/porch?user=u&pass=p")
        : client(role, *make_address(*base::Url::parse(url))) {
        client.start();
    }
    /// Moves bytes both ways until nothing is left. Returns the client's error, if any.
    std::optional<base::Error> run(
        const std::function<void(ServerSession&, const ServerEvent&)>& decide) {
        for (int round = 0; round < 20; ++round) {
            const OutBytes up = std::exchange(client.output(), {});
            const OutBytes down = std::exchange(server.output(), {});
            if (up.empty() && down.empty()) break;
            base::ByteSpan input = up;
            for (;;) {
                auto event = server.next(input);
                EXPECT_TRUE(event) << event.error().message();
                if (!event || !*event) break;
                decide(server, **event);
                server_events.push_back(std::move(**event));
            }
            input = down;
            for (;;) {
                auto event = client.next(input);
                if (!event) return event.error();
                if (!*event) break;
                client_events.push_back(std::move(**event));
            }
        }
        return std::nullopt;
    }

    ClientSession client;
    ServerSession server;
    std::vector<ServerEvent> server_events;
    std::vector<ClientEvent> client_events;
};

const auto kAcceptAll = [](ServerSession& session, const ServerEvent& event) {
    if (std::holds_alternative<PublishRequest>(event) || std::holds_alternative<PlayRequest>(event))
        session.accept();
};

TEST(RtmpClientSession, Publishes) {
    Pair pair(ClientSession::Role::Publish);
    ASSERT_FALSE(pair.run(kAcceptAll));
    ASSERT_EQ(pair.server_events.size(), 1u);
    const auto* request = std::get_if<PublishRequest>(&pair.server_events[0]);
    ASSERT_TRUE(request);
    EXPECT_EQ(request->where.path, "live/porch");
    EXPECT_EQ(request->where.query, "user=u&pass=p");
    EXPECT_EQ(request->tc_url, "rtmp://hub/live");
    ASSERT_EQ(pair.client_events.size(), 1u);
    EXPECT_TRUE(std::holds_alternative<Started>(pair.client_events[0]));
    EXPECT_EQ(pair.client.stream_id(), kMediaStreamId);
    EXPECT_TRUE(pair.server.peer_takes("hvc1"));
    EXPECT_TRUE(pair.server.peer_takes("Opus"));
    const std::vector<std::uint8_t> frame(200'000, 0x17);
    append_message(pair.client.output(),
                   {.chunk_stream = ChunkStreamId::Video,
                    .type = MessageType::Video,
                    .timestamp_ms = 5,
                    .stream_id = pair.client.stream_id()},
                   {frame});
    pair.client.close();
    ASSERT_FALSE(pair.run(kAcceptAll));
    ASSERT_EQ(pair.server_events.size(), 3u);
    EXPECT_EQ(std::get<MediaMessage>(pair.server_events[1]).body.size(), frame.size());
    EXPECT_TRUE(std::holds_alternative<StreamEnded>(pair.server_events[2]));
}

TEST(RtmpClientSession, Plays) {
    Pair pair(ClientSession::Role::Play);
    ASSERT_FALSE(pair.run(kAcceptAll));
    ASSERT_TRUE(pair.server.is_playing());
    ASSERT_TRUE(pair.client.is_started());
    append_message(pair.server.output(),
                   {.chunk_stream = ChunkStreamId::Data,
                    .type = MessageType::DataAmf0,
                    .stream_id = kMediaStreamId},
                   {written({"onMetaData", Value::object({{"width", 640}})})});
    append_message(pair.server.output(),
                   {.chunk_stream = ChunkStreamId::Audio,
                    .type = MessageType::Audio,
                    .timestamp_ms = 21,
                    .stream_id = kMediaStreamId},
                   {hex("af 01 21")});
    pair.server.finish_play("The camera is off.");
    ASSERT_FALSE(pair.run(kAcceptAll));
    ASSERT_EQ(pair.client_events.size(), 4u);
    EXPECT_TRUE(std::holds_alternative<Started>(pair.client_events[0]));
    EXPECT_TRUE(std::holds_alternative<Metadata>(pair.client_events[1]));
    EXPECT_EQ(std::get<MediaMessage>(pair.client_events[2]).timestamp_ms, 21u);
    EXPECT_EQ(std::get<Finished>(pair.client_events[3]).sentence, "The camera is off.");
    pair.client.close();
    EXPECT_FALSE(pair.client.is_started());
}

TEST(RtmpClientSession, TellsWhyItWasRefused) {
    struct Case {
        ClientSession::Role role;
        Refusal refusal;
        const char* sentence;
        ErrorKind kind;
        const char* reason;
    };
    for (const Case& c : {Case{ClientSession::Role::Play, Refusal::StreamNotFound,
                               "No such camera.", ErrorKind::NotFound, ""},
                          Case{ClientSession::Role::Play, Refusal::NotAllowed, "Wrong password.",
                               ErrorKind::Unauthenticated, "wrong-password"},
                          Case{ClientSession::Role::Publish, Refusal::BadName,
                               "Already publishing.", ErrorKind::FailedPrecondition, "busy"},
                          Case{ClientSession::Role::Publish, Refusal::NotAllowed, "",
                               ErrorKind::Unavailable, ""}}) {
        Pair pair(c.role);
        const auto error = pair.run([&](ServerSession& session, const ServerEvent&) {
            session.reject(c.refusal, c.sentence);
        });
        ASSERT_TRUE(error) << c.sentence;
        EXPECT_EQ(error->kind(), c.kind) << error->message();
        EXPECT_EQ(error->reason(), c.reason) << error->message();
        EXPECT_NE(error->message().find(c.sentence), std::string::npos);
    }
}

/// A server of which only the words are given.
struct ScriptedServer {
    ScriptedServer()
        : client(ClientSession::Role::Play, {.tc_url = "rtmp://h/a", .app = "a", .name = "n"}) {
        client.start();
        EXPECT_TRUE(*give(Peer::hello()) == std::nullopt);
    }
    base::Result<std::optional<ClientEvent>> give(const OutBytes& bytes) {
        base::ByteSpan input = bytes;
        return client.next(input);
    }
    ClientSession client;
};

TEST(RtmpClientSession, HearsARefusedConnect) {
    ScriptedServer server;
    const auto refused =
        server.give(Peer::command({"_error", 1, Value(),
                                   Value::object({{"level", "error"},
                                                  {"code", "NetConnection.Connect.Rejected"},
                                                  {"description", "[ auth\nfailed ]"}})}));
    ASSERT_FALSE(refused);
    EXPECT_TRUE(refused.error().is(ErrorKind::Unauthenticated));
    EXPECT_EQ(refused.error().message().find('\n'), std::string::npos);
}

TEST(RtmpClientSession, TakesMediaFromServersThatNeverSayStart) {
    ScriptedServer server;
    ASSERT_TRUE(server.give(Peer::command(
        {"_result", 1, Value(), Value::object({{"code", "NetConnection.Connect.Success"}})})));
    ASSERT_TRUE(server.give(Peer::command({"onBWDone", 0, Value()})));
    ASSERT_TRUE(server.give(Peer::command({"_result", 4, Value(), 7})));
    EXPECT_EQ(server.client.stream_id(), 7u);
    const auto media = server.give(Peer::message(MessageType::Video, 0, hex("17")));
    ASSERT_TRUE(media && *media);
    EXPECT_TRUE(std::holds_alternative<MediaMessage>(**media));
    EXPECT_TRUE(server.client.is_started());
}

TEST(RtmpClientSession, BelievesNoStreamIdThatIsNone) {
    for (const double id : {-1.0, 1e10, std::numeric_limits<double>::quiet_NaN()}) {
        ScriptedServer server;
        ASSERT_TRUE(server.give(Peer::command({"_result", 1, Value(), Value()})));
        const auto created = server.give(Peer::command({"_result", 4, Value(), id}));
        ASSERT_FALSE(created) << id;
        EXPECT_TRUE(created.error().is(ErrorKind::DataLoss));
    }
}

TEST(RtmpClientSession, CutsWhatServersSay) {
    ScriptedServer server;
    const auto refused = server.give(Peer::command(
        {"_error", 1, Value(), Value::object({{"description", std::string(5000, 'x')}})}));
    ASSERT_FALSE(refused);
    EXPECT_LT(refused.error().message().size(), 300u);
}

}  // namespace
}  // namespace casement::protocols::rtmp
