#pragma once
// The section mqtt of the configuration, in the words of notify.

#include "app/config/config.hpp"
#include "notify/mqtt/mqtt.hpp"
#include "store/sealed.hpp"

namespace casement::app {

/// `config` names a broker. Blocks: where no client id is named, one is made and kept in the sealed
/// store. Errors of that; InvalidArgument for a broker or topics that cannot be.
base::Result<notify::mqtt::MqttOptions> mqtt_options(const config::Mqtt& config,
                                                     store::SealedStore& sealed, double time_scale);

}  // namespace casement::app
