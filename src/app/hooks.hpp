#pragma once
// The webhooks of the file, in the words of notify.

#include <memory>
#include <vector>

#include "app/config/config.hpp"
#include "drivers/arlo/notice.hpp"
#include "notify/webhooks.hpp"

namespace casement::app {

std::vector<notify::Webhook> webhooks_of(const config::Config& config);

/// What arlo-cam-api would post of this, in its order.
notify::FieldList fields_of(const drivers::arlo::Notice& notice);

/// The receivers of arlo-cam-api's webhooks. Lives on one executor.
class ArloHooks {
public:
    ArloHooks(const async::Executor& executor, const config::ArloHooks& hooks, base::Log log,
              double time_scale = 1);

    /// Never waits.
    void tell(const drivers::arlo::Notice& notice);
    async::Task<> stop(std::chrono::milliseconds patience) { return targets_.stop(patience); }
    const notify::Targets& targets() const { return targets_; }

private:
    struct Hook {
        notify::Target* target = nullptr;  // null: off
        notify::Spelling spelling = notify::Spelling::Json;
        std::string url;  // without credentials
    };
    void open(Hook& hook, const config::ArloHook& from, std::string_view name);
    const Hook& hook_for(drivers::arlo::Notice::What what) const;

    notify::Targets targets_;
    Hook registration_, status_, motion_, motion_end_, sound_, button_, spotlight_;
};

}  // namespace casement::app
