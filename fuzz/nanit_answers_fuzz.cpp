// What the vendor's REST interface answers, and session.json of the old programs. The first byte
// says which question it answers.
#include <algorithm>
#include <cstdlib>

#include "base/byte_reader.hpp"
#include "drivers/nanit/answers.hpp"
#include "drivers/nanit/happenings.hpp"
#include "drivers/nanit/old_session.hpp"
#include "drivers/nanit/sleep.hpp"
#include "drivers/nanit/token.hpp"

using namespace casement;
using namespace casement::drivers::nanit;

namespace {

constexpr base::WallTime kNow{std::chrono::seconds{1'796'000'000}};

void demand(bool holds) {
    if (!holds) std::abort();
}

bool is_plain(std::string_view text, std::size_t limit) {
    return text.size() <= limit && std::ranges::none_of(text, [](char c) {
               return static_cast<unsigned char>(c) < 0x20 || c == 0x7f || c == '<';
           });
}

void check(const std::vector<Baby>& babies) {
    demand(babies.size() <= kMaxBabies);
    for (const Baby& baby : babies) {
        demand(!baby.uid.empty() && is_plain(baby.uid, 64) && !baby.name.empty());
        demand(is_plain(baby.name, 100) && is_plain(baby.camera_uid, 64));
        demand(baby.uid.find('/') == std::string::npos);
    }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    if (size == 0) return 0;
    const std::string_view body = base::as_text(base::ByteSpan(data, size).subspan(1));
    switch (data[0] % 12) {
        case 0:
            if (const auto tokens = parse_tokens(body)) {
                demand(is_token(tokens->access.reveal()));
                (void)expiry_of(tokens->access, kNow, tokens->expires_in);
            }
            break;
        case 1:
            if (const auto challenge = parse_challenge(body)) {
                demand(is_token(challenge->token.reveal()) && is_plain(challenge->hint, 100));
                demand(challenge->channel == "sms" || challenge->channel == "email");
            }
            break;
        case 2:
            if (const auto babies = parse_babies(body)) check(*babies);
            break;
        case 3:
            if (const auto messages = parse_messages(body)) {
                demand(messages->size() <= kMaxItems);
                demand(std::ranges::is_sorted(*messages, {}, &Message::time));
                for (const Message& message : *messages) {
                    const events::Event event = event_of(message, "nursery", kNow);
                    demand(event.start <= kNow && is_plain(event.kind, 40) && !event.kind.empty());
                    demand(event.evidence.size() <= kMaxRawBytes);
                }
            }
            break;
        case 4:
            if (const auto lines = parse_events(body)) {
                demand(lines->size() <= kMaxItems);
                SleepState sleep;
                for (const SleepEvent& line : *lines) {
                    const events::Event event = event_of(line, "nursery", kNow);
                    demand(event.start <= kNow && (!event.end || *event.end >= event.start));
                    demand(!event.score || (*event.score >= 0 && *event.score <= 1));
                    demand(is_plain(event.vendor_id, 64) && is_plain(event.text, 100));
                    sleep.apply(line, kNow);
                }
                demand(sleep.measured().size() == 3);
            }
            break;
        case 5:
            if (const auto token = parse_uc_token(body)) demand(is_token(token->reveal()));
            break;
        case 6:
            if (const auto settings = parse_alert_settings(body))
                demand(settings->size() <= kMaxItems);
            break;
        case 7: {
            const Refusal refusal = parse_refusal(body);
            demand(is_plain(refusal.error, 100) && is_plain(refusal.text, 100));
            break;
        }
        case 8:
            if (const auto stats = parse_sleep_stats(body)) {
                SleepState sleep;
                if (*stats) sleep.apply(**stats, kNow);
                demand(measured(*stats).size() + sleep.measured().size() == sleep_sensors().size());
            }
            break;
        case 9:
            if (const auto session = parse_old_session(body)) {
                check(session->babies);
                demand(session->refresh.empty() || is_token(session->refresh.reveal()));
            }
            break;
        case 10:
            demand(is_plain(clean_text(body), 100));
            break;
        default:
            (void)expiry_of(base::Secret(std::string(body)));
    }
    return 0;
}
