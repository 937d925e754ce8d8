#pragma once
// The keys of every section, in the order of the reference page, and the checks that need several
// keys.

#include "app/config/kinds.hpp"

namespace casement::app::config {

const Fields<Http>& fields_of(std::type_identity<Http>);
const Fields<TlsFiles>& fields_of(std::type_identity<TlsFiles>);
const Fields<Rtsp>& fields_of(std::type_identity<Rtsp>);
const Fields<Rtmp>& fields_of(std::type_identity<Rtmp>);
const Fields<ApiToken>& fields_of(std::type_identity<ApiToken>);
const Fields<Mqtt>& fields_of(std::type_identity<Mqtt>);
const Fields<Webhook>& fields_of(std::type_identity<Webhook>);
const Fields<Logging>& fields_of(std::type_identity<Logging>);
const Fields<Record>& fields_of(std::type_identity<Record>);
const Fields<Defaults>& fields_of(std::type_identity<Defaults>);
const Fields<Films>& fields_of(std::type_identity<Films>);
const Fields<Snapshots>& fields_of(std::type_identity<Snapshots>);
const Fields<NanitAddress>& fields_of(std::type_identity<NanitAddress>);
const Fields<Account>& fields_of(std::type_identity<Account>);
const Fields<ArloHook>& fields_of(std::type_identity<ArloHook>);
const Fields<ArloHooks>& fields_of(std::type_identity<ArloHooks>);
const Fields<Arlo>& fields_of(std::type_identity<Arlo>);
const Fields<LentCamera>& fields_of(std::type_identity<LentCamera>);
const Fields<NestCamera>& fields_of(std::type_identity<NestCamera>);
const Fields<NanitCamera>& fields_of(std::type_identity<NanitCamera>);
const Fields<ArloCamera>& fields_of(std::type_identity<ArloCamera>);
const Fields<Camera>& fields_of(std::type_identity<Camera>);
const Fields<Config>& fields_of(std::type_identity<Config>);

bool check_fields(const Value& value, const TlsFiles& files);
bool check_fields(const Value& value, const ApiToken& token);
bool check_fields(const Value& value, const Webhook& webhook);
bool check_fields(const Value& value, const Films& films);
bool check_fields(const Value& value, const Account& account);
bool check_fields(const Value& value, const LentCamera& camera);
bool check_fields(const Value& value, const NestCamera& camera);
bool check_fields(const Value& value, const NanitCamera& camera);
bool check_fields(const Value& value, const ArloCamera& camera);
bool check_fields(const Value& value, const Camera& camera);
bool check_fields(const Value& value, const Config& config);

/// The complaint of a range: "must be between 1s and 1h".
template <typename T>
std::function<std::string(const T&)> between(T least, T most, std::string words) {
    return [least, most, words = std::move(words)](const T& value) {
        return value < least || value > most ? "must be between " + words : std::string{};
    };
}

}  // namespace casement::app::config
