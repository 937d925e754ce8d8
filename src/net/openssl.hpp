#pragma once
// Owning handles of OpenSSL, for the .cpp files of this folder.

#include <openssl/bio.h>
#include <openssl/evp.h>
#include <openssl/x509.h>

#include <array>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

namespace casement::net {

template <auto free_function>
struct FreeWith {
    void operator()(auto* p) const { free_function(p); }
};
using X509Ptr = std::unique_ptr<X509, FreeWith<X509_free>>;
using PkeyPtr = std::unique_ptr<EVP_PKEY, FreeWith<EVP_PKEY_free>>;
using BioPtr = std::unique_ptr<BIO, FreeWith<BIO_free_all>>;

inline std::string text_of(BIO* memory) {
    char* data = nullptr;
    const long size = BIO_get_mem_data(memory, &data);
    return {data, static_cast<std::size_t>(size)};
}

/// The oldest queued error as text; empties the queue.
std::string last_openssl_error();
/// The first certificate of a PEM text, or null.
X509Ptr read_certificate(std::string_view pem);
std::array<std::uint8_t, 32> sha256_of(X509* certificate);

}  // namespace casement::net
