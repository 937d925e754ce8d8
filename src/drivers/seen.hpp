#pragma once
// The ids that came of late, so that nothing is told twice.

#include <list>
#include <string>
#include <unordered_map>

namespace casement::drivers {

/// Forgets those that were not met for longest.
class Seen {
public:
    explicit Seen(std::size_t most = 1000) : most_(most) {}

    bool contains(const std::string& id) const { return places_.contains(id); }
    /// Also of a known one, which becomes the newest.
    void add(const std::string& id) {
        if (const auto known = places_.find(id); known != places_.end()) {
            order_.splice(order_.end(), order_, known->second);
            return;
        }
        places_[id] = order_.insert(order_.end(), id);
        if (places_.size() <= most_) return;
        places_.erase(order_.front());
        order_.pop_front();
    }
    std::size_t size() const { return places_.size(); }

private:
    const std::size_t most_;
    std::list<std::string> order_;  // oldest first
    std::unordered_map<std::string, std::list<std::string>::iterator> places_;
};

}  // namespace casement::drivers
