#include "drivers/nest/device_access/sessions.hpp"

#include <algorithm>
#include <array>

#include "base/text.hpp"
#include "events/event.hpp"

namespace casement::drivers::nest::device_access {

namespace {

constexpr std::string_view kClip = "CameraClipPreview.ClipPreview";
constexpr std::array<std::string_view, 4> kRanks{events::kind::kSound, events::kind::kMotion,
                                                 events::kind::kPerson, events::kind::kButton};

int rank_of(std::string_view kind) {
    const auto found = std::ranges::find(kRanks, kind);
    return found == kRanks.end() ? 0 : static_cast<int>(found - kRanks.begin());
}

}  // namespace

std::string kind_of(std::string_view type) {
    if (type == "DoorbellChime.Chime") return std::string(events::kind::kButton);
    if (type == kClip) return std::string(events::kind::kMotion);  // it comes with what moved
    return base::lower_case(type.substr(type.rfind('.') + 1));     // npos + 1 is 0
}

Sessions::Session& Sessions::session(const std::string& id) {
    const auto known = sessions_.find(id);
    if (known != sessions_.end()) {
        order_.splice(order_.end(), order_, known->second.place);
        return known->second;
    }
    if (sessions_.size() == kMost) {
        sessions_.erase(order_.front());
        order_.pop_front();
    }
    Session& made = sessions_[id];
    made.place = order_.insert(order_.end(), id);
    return made;
}

std::string Sessions::id_of(const Message& message, const Happening& one) {
    if (!one.session.empty()) return one.session;
    return one.event.empty() ? message.id : one.event;
}

void Sessions::forget(const Message& message) {
    for (const Happening& one : message.happenings) {
        const auto known = sessions_.find(id_of(message, one));
        if (known == sessions_.end()) continue;
        order_.erase(known->second.place);
        sessions_.erase(known);
    }
}

Sessions::Step Sessions::take(const Message& message, base::WallTime now) {
    Step out;
    // What ranks highest first, and the clip last: it belongs to what was told then.
    std::vector<const Happening*> happenings;
    for (const Happening& one : message.happenings) happenings.push_back(&one);
    std::ranges::sort(happenings, std::greater{}, [](const Happening* one) {
        return one->type == kClip ? -1 : rank_of(kind_of(one->type));
    });
    for (const Happening* one : happenings) {
        const std::string id = id_of(message, *one);
        if (id.empty()) continue;
        Session& of = session(id);
        const std::string kind = kind_of(one->type);
        const int rank = one->type == kClip ? std::max(of.rank, 0) : rank_of(kind);
        const bool is_new = of.rank < rank || of.vendor_ids.empty();
        if (is_new) {
            of.rank = rank;
            of.newest = {.vendor_id = id + "/" + kind,
                         .kind = kind,
                         .start = std::min(message.at, now),
                         .zones = one->zones,
                         .is_late = now - message.at > kLate};
            of.vendor_ids.push_back(of.newest.vendor_id);
        }
        const bool brings_clip = !one->clip.empty() && !of.has_clip;
        const bool brings_picture = !one->event.empty() && !of.has_picture;
        if (!is_new && !brings_clip && !brings_picture) continue;
        Told told = of.newest;
        if (brings_clip) told.clip = one->clip;
        if (brings_picture && !told.is_late) told.picture = one->event;
        of.has_clip |= brings_clip;
        of.has_picture |= brings_picture;
        // One report of each event, with all that this message brings.
        const auto same = std::ranges::find(out.told, told.vendor_id, &Told::vendor_id);
        if (same == out.told.end()) {
            out.told.push_back(std::move(told));
        } else {
            if (!told.clip.empty()) same->clip = std::move(told.clip);
            if (!told.picture.empty()) same->picture = std::move(told.picture);
        }
    }
    if (message.thread == Message::Thread::Ended) {
        for (const Happening& one : message.happenings) {
            const auto known = sessions_.find(id_of(message, one));
            if (known == sessions_.end()) continue;
            for (const std::string& id : known->second.vendor_ids) {
                if (std::ranges::find(out.ended, id) == out.ended.end()) out.ended.push_back(id);
            }
        }
    }
    return out;
}

}  // namespace casement::drivers::nest::device_access
