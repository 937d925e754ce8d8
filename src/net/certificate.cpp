// Self-made certificates: EC P-256, so that a phone verifies them fast, signed by themselves.

#include <openssl/bio.h>
#include <openssl/ec.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/x509.h>
#include <openssl/x509v3.h>

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>
#include <fstream>
#include <iterator>

#include "base/random.hpp"
#include "base/text.hpp"
#include "net/endpoint.hpp"
#include "net/openssl.hpp"
#include "net/tls.hpp"

namespace casement::net {

namespace {

using base::ErrorKind;

constexpr std::chrono::days kOwnCertificateLife{3650};
constexpr std::chrono::days kRenewBefore{30};

std::vector<std::string> with_loopback(std::vector<std::string> names) {
    for (const char* always : {"localhost", "127.0.0.1", "::1"}) {
        if (std::ranges::find(names, always) == names.end()) names.emplace_back(always);
    }
    return names;
}

bool add_name(GENERAL_NAMES* list, const std::string& name) {
    boost::system::error_code not_an_address;
    const ip::address address = ip::make_address(name, not_an_address);
    GENERAL_NAME* entry = GENERAL_NAME_new();
    if (entry == nullptr) return false;
    ASN1_STRING* value = ASN1_STRING_new();
    if (not_an_address) {
        ASN1_STRING_set(value, name.data(), static_cast<int>(name.size()));
        value->type = V_ASN1_IA5STRING;
        GENERAL_NAME_set0_value(entry, GEN_DNS, value);
    } else {
        const auto put = [&](const auto& bytes) {
            ASN1_STRING_set(value, bytes.data(), static_cast<int>(bytes.size()));
        };
        if (address.is_v4()) {
            put(address.to_v4().to_bytes());
        } else {
            put(address.to_v6().to_bytes());
        }
        value->type = V_ASN1_OCTET_STRING;
        GENERAL_NAME_set0_value(entry, GEN_IPADD, value);
    }
    return sk_GENERAL_NAME_push(list, entry) > 0;
}

bool add_extension(X509* certificate, int nid, const char* value) {
    X509V3_CTX context;
    X509V3_set_ctx_nodb(&context);
    X509V3_set_ctx(&context, certificate, certificate, nullptr, nullptr, 0);
    X509_EXTENSION* extension = X509V3_EXT_conf_nid(nullptr, &context, nid, value);
    if (extension == nullptr) return false;
    const bool added = X509_add_ext(certificate, extension, -1) == 1;
    X509_EXTENSION_free(extension);
    return added;
}

bool fill(X509* certificate, EVP_PKEY* key, std::string_view common_name,
          const std::vector<std::string>& names, std::chrono::days valid) {
    std::array<std::uint8_t, 16> serial{};
    base::fill_random(serial);
    serial[0] &= 0x7F;  // RFC 5280 §4.1.2.2: positive
    BIGNUM* number = BN_bin2bn(serial.data(), static_cast<int>(serial.size()), nullptr);
    BN_to_ASN1_INTEGER(number, X509_get_serialNumber(certificate));
    BN_free(number);

    X509_set_version(certificate, X509_VERSION_3);
    // A day back: a phone whose clock is behind must not refuse the hub on its first day.
    X509_gmtime_adj(X509_getm_notBefore(certificate), -86'400);
    X509_time_adj_ex(X509_getm_notAfter(certificate), static_cast<int>(valid.count()), 0, nullptr);
    X509_set_pubkey(certificate, key);
    X509_NAME* name = X509_get_subject_name(certificate);
    X509_NAME_add_entry_by_txt(name, "CN", MBSTRING_UTF8,
                               reinterpret_cast<const unsigned char*>(common_name.data()),
                               static_cast<int>(common_name.size()), -1, 0);
    X509_set_issuer_name(certificate, name);

    GENERAL_NAMES* alternatives = sk_GENERAL_NAME_new_null();
    const bool named =
        std::ranges::all_of(names, [&](const std::string& n) { return add_name(alternatives, n); });
    const bool added = X509_add1_ext_i2d(certificate, NID_subject_alt_name, alternatives, 0,
                                         X509V3_ADD_DEFAULT) == 1;
    GENERAL_NAMES_free(alternatives);
    return named && added &&
           add_extension(certificate, NID_basic_constraints, "critical,CA:FALSE") &&
           add_extension(certificate, NID_key_usage, "critical,digitalSignature") &&
           add_extension(certificate, NID_ext_key_usage, "serverAuth") &&
           X509_sign(certificate, key, EVP_sha256()) > 0;
}

bool names_all(X509* certificate, const std::vector<std::string>& names) {
    return std::ranges::all_of(names, [&](const std::string& name) {
        boost::system::error_code not_an_address;
        (void)ip::make_address(name, not_an_address);
        return not_an_address
                   ? X509_check_host(certificate, name.data(), name.size(), 0, nullptr) == 1
                   : X509_check_ip_asc(certificate, name.c_str(), 0) == 1;
    });
}

bool is_still_good(const std::string& pem, const std::vector<std::string>& names) {
    const X509Ptr certificate = read_certificate(pem);
    if (!certificate) return false;
    int days = 0;
    int seconds = 0;
    if (ASN1_TIME_diff(&days, &seconds, nullptr, X509_get0_notAfter(certificate.get())) != 1)
        return false;
    return days >= kRenewBefore.count() && names_all(certificate.get(), names);
}

std::optional<std::string> read_file(const std::filesystem::path& path) {
    std::ifstream in(path, std::ios::binary);
    if (!in) return std::nullopt;
    return std::string(std::istreambuf_iterator<char>(in), {});
}

// Written aside and renamed, so that a power cut leaves the old file or the new one.
Result<> write_private(const std::filesystem::path& path, std::string_view text) {
    const std::string aside = path.string() + ".new";
    const auto failed = [&] {
        return base::fail(ErrorKind::Unavailable, "cannot write {}: {}", path.string(),
                          std::strerror(errno));
    };
    const int fd =
        ::open(aside.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOFOLLOW, 0600);
    if (fd < 0) return failed();
    const bool written =
        ::fchmod(fd, 0600) == 0 &&
        ::write(fd, text.data(), text.size()) == static_cast<ssize_t>(text.size()) &&
        ::fsync(fd) == 0;
    ::close(fd);
    if (!written || ::rename(aside.c_str(), path.c_str()) != 0) return failed();
    return {};
}

}  // namespace

std::string last_openssl_error() {
    std::array<char, 256> text{};
    ERR_error_string_n(ERR_get_error(), text.data(), text.size());
    ERR_clear_error();
    return text.data();
}

X509Ptr read_certificate(std::string_view pem) {
    const BioPtr bio(BIO_new_mem_buf(pem.data(), static_cast<int>(pem.size())));
    X509Ptr out(PEM_read_bio_X509(bio.get(), nullptr, nullptr, nullptr));
    ERR_clear_error();
    return out;
}

std::array<std::uint8_t, 32> sha256_of(X509* certificate) {
    std::array<std::uint8_t, 32> digest{};
    unsigned size = 0;
    X509_digest(certificate, EVP_sha256(), digest.data(), &size);
    return digest;
}

Result<Certificate> make_self_signed(std::string_view common_name,
                                     const std::vector<std::string>& names,
                                     std::chrono::days valid) {
    const PkeyPtr key(EVP_EC_gen("P-256"));
    const X509Ptr certificate(X509_new());
    // RFC 5280: a common name has 64 characters at most.
    if (!key || !certificate ||
        !fill(certificate.get(), key.get(), common_name.substr(0, 64), with_loopback(names),
              valid)) {
        return base::fail(ErrorKind::Internal, "cannot make a certificate: {}",
                          last_openssl_error());
    }
    const BioPtr certificate_out(BIO_new(BIO_s_mem()));
    const BioPtr key_out(BIO_new(BIO_s_mem()));
    PEM_write_bio_X509(certificate_out.get(), certificate.get());
    PEM_write_bio_PrivateKey(key_out.get(), key.get(), nullptr, nullptr, 0, nullptr, nullptr);
    return Certificate{text_of(certificate_out.get()), base::Secret(text_of(key_out.get()))};
}

Result<Certificate> load_or_make_certificate(const std::filesystem::path& directory,
                                             const std::vector<std::string>& names) {
    const std::filesystem::path path = directory / "tls.pem";
    if (const auto pem = read_file(path); pem && is_still_good(*pem, with_loopback(names)))
        return Certificate{*pem, base::Secret(*pem)};
    CASEMENT_TRY(Certificate made, make_self_signed("Casement", names, kOwnCertificateLife));
    CASEMENT_TRY(write_private(path, made.key_pem.reveal() + made.certificate_pem));
    return made;
}

Result<std::string> fingerprint_of(std::string_view certificate_pem) {
    const X509Ptr certificate = read_certificate(certificate_pem);
    if (!certificate)
        return base::fail(ErrorKind::InvalidArgument, "there is no PEM certificate in it");
    std::string out;
    for (const std::uint8_t byte : sha256_of(certificate.get()))
        out += fmt::format("{}{:02X}", out.empty() ? "" : ":", byte);
    return out;
}

}  // namespace casement::net
