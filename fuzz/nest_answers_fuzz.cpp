// What Nest's and Google's REST interfaces answer, and what people paste to sign in. The first byte
// says which question it answers.
#include <algorithm>
#include <cstdlib>

#include "base/byte_reader.hpp"
#include "drivers/nest/buckets.hpp"
#include "drivers/nest/budget.hpp"
#include "drivers/nest/cookies.hpp"
#include "drivers/nest/cuepoints.hpp"
#include "drivers/nest/settings.hpp"
#include "drivers/nest/sign_in.hpp"
#include "drivers/words.hpp"

using namespace casement;
using namespace casement::drivers::nest;

namespace {

constexpr base::WallTime kNow{std::chrono::seconds{1'796'000'000}};

void demand(bool holds) {
    if (!holds) std::abort();
}

bool is_sendable(std::string_view text) {
    return std::ranges::none_of(
        text, [](char c) { return static_cast<unsigned char>(c) < 0x20 || c == 0x7f; });
}

void check(const std::vector<CameraRecord>& cameras) {
    demand(cameras.size() <= Buckets::kMaxCameras);
    for (const CameraRecord& camera : cameras) {
        demand(is_uuid(camera.uuid) && !camera.name.empty() && camera.name.size() <= 120);
        demand(is_sendable(camera.name) && is_sendable(camera.place));
        demand(camera.nexus_api.empty() || camera.nexus_api.starts_with("https://"));
        (void)settings_of(camera);
    }
}

void check_sign_in(std::string_view body) {
    if (const auto session = parse_session(body))
        demand(drivers::is_token(session->access.reveal()) && !session->userid.contains('/'));
    if (const auto challenge = parse_challenge(body))
        demand(drivers::is_token(challenge->token.reveal()));
    (void)parse_code_answer(body);
    if (const auto token = parse_google_token(body)) demand(token->life.count() > 0);
    if (const auto jwt = parse_jwt(body)) demand(drivers::is_token(jwt->value.reveal()));
    if (const auto token = parse_session_token(body))
        demand(!token->reveal().contains(';') && drivers::is_token(token->reveal()));
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    if (size == 0) return 0;
    const std::string_view body(reinterpret_cast<const char*>(data) + 1, size - 1);
    const Hosts vendor;
    switch (data[0] % 6) {
        case 0:
            check_sign_in(body);
            break;
        case 1: {
            Buckets buckets;
            if (buckets.take_all(body)) check(buckets.cameras(vendor));
            (void)buckets.take_changes(body);
            check(buckets.cameras(vendor));
            (void)buckets.subscription();
            break;
        }
        case 2:
            if (const auto cameras = parse_cameras(body, vendor)) check(*cameras);
            break;
        case 3:
            if (const auto cuepoints = parse_cuepoints(body)) {
                demand(cuepoints->size() <= kMaxCuepoints);
                for (const Cuepoint& one : *cuepoints) {
                    const auto event = event_of(one, "door", kNow);
                    demand(event.start <= kNow && (!event.end || *event.end >= event.start));
                }
            }
            break;
        case 4: {
            const auto merged =
                merged_cookies(base::Secret("A=1; B=2"), {body}, "accounts.google.com", kNow);
            demand(merged.reveal().size() <= kMaxCookieBytes && is_sendable(merged.reveal()));
            (void)retry_after(body, kNow);
            (void)parse_expiry(body);
            break;
        }
        default:
            if (const auto token = session_token_of(body))
                demand(drivers::is_token(token->reveal()));
            if (const auto url = issue_token_of(body)) demand(is_sendable(url->reveal()));
            if (const auto cookies = cookies_of(body)) demand(is_sendable(cookies->reveal()));
            if (const auto base = vendor.base_url(body)) demand(base->starts_with("https://"));
            (void)vendor.host_port(body, 1443);
            break;
    }
    return 0;
}
