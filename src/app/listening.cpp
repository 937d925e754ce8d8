#include "app/listening.hpp"

#include <algorithm>
#include <utility>

namespace casement::app {

using base::MutexLock;

void Listening::put(Entry entry) {
    const MutexLock lock(mutex_);
    std::erase_if(list_, [&](const Entry& known) { return known.what == entry.what; });
    list_.push_back(std::move(entry));
}

void Listening::note(const std::string& what, std::string name, std::string address,
                     const base::Result<>& opened) {
    const std::string text = opened ? std::string{} : opened.error().message();
    const std::string code = opened ? std::string{} : opened.error().reason();
    put({what, {std::move(name), std::move(address), opened.has_value(), text}, code});
}

void Listening::note_stays(const std::string& what, std::string name, std::string address,
                           const base::Error& why) {
    put({what, {std::move(name), std::move(address), true, why.message()}, why.reason()});
}

void Listening::forget(const std::string& what) {
    const MutexLock lock(mutex_);
    std::erase_if(list_, [&](const Entry& known) { return known.what == what; });
}

bool Listening::is_well(const std::string& what) const {
    const MutexLock lock(mutex_);
    const auto found = std::ranges::find(list_, what, &Entry::what);
    return found != list_.end() && found->told.open && found->told.text.empty();
}

std::string Listening::address(const std::string& what) const {
    const MutexLock lock(mutex_);
    const auto found = std::ranges::find(list_, what, &Entry::what);
    return found == list_.end() ? std::string{} : found->told.address;
}

void Listening::tell(api::HealthReport& report) const {
    const MutexLock lock(mutex_);
    for (const Entry& entry : list_) {
        report.listeners.push_back(entry.told);
        if (!entry.told.text.empty()) report.problems.push_back({entry.code, entry.told.text});
    }
}

}  // namespace casement::app
