#include "app/config/reference.hpp"

#include "app/config/load.hpp"

namespace casement::app::config {

namespace {

constexpr std::string_view kIntroduction = R"(# Configuration

This page is written from the program: after a change of a key, run `test_app` with `CASEMENT_WRITE_REFERENCE=1` and commit the result.
A file to begin with is [casement.yaml](casement.yaml).

One YAML file. Every key is optional; a key that is not listed here is an error, with the line and a suggestion. `casement check [FILE]` says what
is wrong without starting anything.

The file is the first of: `-c FILE`, `$CASEMENT_CONFIG`, `/etc/casement/casement.yaml`, `$XDG_CONFIG_HOME/casement/casement.yaml` (or
`~/.config/casement/casement.yaml`), `/config/casement.yaml`. Without any, the defaults below are used.

## How values are written

| kind | like | notes |
|---|---|---|
| a duration | `250ms`, `10s`, `5m`, `2h`, `30d` | always with its unit; `0` needs none |
| a size | `500MiB`, `200GiB`, `1TB` | KiB, MiB, GiB, TiB count in 1024, kB, MB, GB, TB in 1000 |
| an address and a port | `"0.0.0.0:8790"`, `"[::1]:8790"` | exactly this address is listened on, never more |
| true or false | `true`, `off` | also `on`, `yes`, `no`, `false` |

## Secrets

A password, key or token never stands in the file. It is referred to, and the hub masks it in every line that it logs:

| written | means |
|---|---|
| `${NAME}` | an environment variable; an error when it is not set |
| `${NAME:-default}` | the same with a default, which must not be a secret itself |
| `${file:/run/secrets/name}` | the content of a file, without the line feed at its end |
| `${credential:name}` | a credential that systemd passes (`LoadCredential=name:/path`) |
| `$${` | a literal `${` |

References work inside any value. Among the credentials of a URL they may hold any character: `rtsp://user:${PORCH_PW}@10.0.0.9/stream1`.

## Environment

A single value can be set without the file: the variable is `CASEMENT_` and the path of the key in capitals, with `_` between the words. It takes the
place of what the file says. `CASEMENT_HTTP_LISTEN=127.0.0.1:9000` sets `http.listen`. This works for every key outside lists and names (`cameras`,
`accounts`, `tokens`, `webhooks`, `log.components`).

## Reload

SIGHUP (`kill -HUP PID`) reads the file again. A file with an error changes nothing and is reported in the log. Otherwise only what differs is touched:

- Cameras that did not change go on. A changed `record` or `name` does not touch the connection; a camera that is reached another way is connected
  anew, and its viewers stay.
- `rtsp` and `rtmp` end their viewers only when their own section changed.
- `http` moves without touching anything else: the new address answers at once, and what is open on the old one has ten seconds to end. Where the
  new address or certificate cannot be used, the page stays where it is, and the log and the health page say why.
- A listener whose port was taken is tried again at every reload.
- `data`, `io_threads`, `time_scale`, `mqtt`, `webhooks`, `accounts` and `arlo` wait for the next start, and so do lines of cameras of an account, but
  for `record` and `sound_events`; the log says so.

## Not yet

`mqtt.discovery_prefix` is read and checked, but this version does not use it.

## Keys
)";

std::string cell(std::string_view text) {
    std::string out;
    for (const char c : text) out += c == '|' ? std::string("\\|") : std::string(1, c);
    return out;
}

std::string code(std::string_view text) {
    return text.empty() ? std::string() : fmt::format("`{}`", cell(text));
}

void add_rows(std::string& page, const Shape& shape, const std::string& prefix) {
    const std::string path = prefix + shape.name;
    page += fmt::format("| {} | {} | {} | {} |\n", code(path), cell(shape.kind),
                        code(shape.initial), cell(shape.about));
    for (const Shape& key : shape.keys)
        add_rows(page, key, path + (shape.is_list ? "[]." : shape.is_named ? ".NAME." : "."));
}

constexpr std::string_view kTableHead = "\n| key | value | default | |\n|---|---|---|---|\n";

}  // namespace

std::string reference_page() {
    std::string page(kIntroduction);
    std::string single;
    for (const Shape& shape : file_shape()) {
        if (shape.is_scalar()) add_rows(single, shape, "");
    }
    page += kTableHead;
    page += single;
    for (const Shape& shape : file_shape()) {
        if (shape.is_scalar()) continue;
        page += fmt::format("\n### {}\n", shape.name);
        page += kTableHead;
        add_rows(page, shape, "");
    }
    return page;
}

}  // namespace casement::app::config
