#pragma once
// Descriptions of the configuration's structs: one list of fields per struct serves the reader, the
// "did you mean", the overrides from the environment and the reference page, so that they cannot
// disagree.

#include <functional>
#include <map>
#include <optional>
#include <string>
#include <type_traits>
#include <vector>

#include "app/config/value.hpp"
#include "app/suggest.hpp"

namespace casement::app::config {

/// A key as the reference page and the environment overrides see it.
struct Shape {
    std::string name;
    std::string kind;     // "a duration", "one of always, events, off"
    std::string initial;  // the default as one writes it; empty = none
    std::string about;
    std::vector<Shape> keys;  // of a mapping with fixed keys
    bool is_list = false;     // keys describe each item
    bool is_named = false;    // keys describe each entry of a mapping whose keys are names
    bool is_scalar() const { return keys.empty() && !is_list && !is_named; }
};

/// How one type is read and shown. Each specialisation has
///   static Shape shape(const T& initial);                 (name and about are filled in by the
///   field) static bool read(const Value& value, T& out);         (false after reporting; `out`
///   holds what could be read)
template <typename T>
struct Kind;

template <typename T>
struct Field {
    std::string name;
    std::string about;
    std::function<bool(const Value&, T&)> read;
    std::function<Shape(const T&)> shape;
};

template <typename T>
using Fields = std::vector<Field<T>>;

/// Overloaded for each struct: its keys, in the order of the reference page. Fields are read in
/// this order.
template <typename T>
concept Described = requires { fields_of(std::type_identity<T>{}); };

/// `complaint` may refuse a value that has the right type: it returns a sentence that goes behind
/// the path, or "".
template <typename T, typename M>
Field<T> field(std::string name, M T::* member, std::string about,
               std::type_identity_t<std::function<std::string(const M&)>> complaint = {}) {
    Field<T> out;
    out.name = name;
    out.about = about;
    out.read = [member, complaint](const Value& value, T& target) {
        M fresh = target.*member;
        bool fine = Kind<M>::read(value, fresh);
        if (const std::string sentence = fine && complaint ? complaint(fresh) : "";
            !sentence.empty()) {
            value.error(fmt::format("{} {}", value.path(), sentence));
            fine = false;
        }
        // What could be read of a broken section is kept, so that one mistake does not make others
        // out of what refers to it.
        target.*member = std::move(fresh);
        return fine;
    };
    out.shape = [member, name = std::move(name), about = std::move(about)](const T& initial) {
        Shape shape = Kind<M>::shape(initial.*member);
        shape.name = name;
        shape.about = about;
        return shape;
    };
    return out;
}

template <typename T>
std::vector<Shape> shapes_of(const T& initial) {
    std::vector<Shape> out;
    for (const Field<T>& f : fields_of(std::type_identity<T>{})) out.push_back(f.shape(initial));
    return out;
}

/// Reports the keys of `value` that are not among `known`.
void refuse_unknown_keys(const Value& value, const std::vector<std::string>& known);

/// Reads a mapping with fixed keys: strict, every problem reported, the rest still read.
template <typename T>
bool read_fields(const Value& value, T& out) {
    if (value.node().is_null()) return true;  // a heading whose lines are commented out
    if (!value.node().is_map()) {
        value.wrong("a mapping of keys", "{key: value}");
        return false;
    }
    const Fields<T>& fields = fields_of(std::type_identity<T>{});
    std::vector<std::string> known;
    for (const Field<T>& f : fields) known.push_back(f.name);
    refuse_unknown_keys(value, known);
    bool fine = true;
    for (const Field<T>& f : fields) {
        for (const Entry& entry : value.node().entries) {
            if (entry.key == f.name) fine = f.read(value.child(entry), out) && fine;
        }
    }
    // What only the keys together can tell.
    if constexpr (requires { check_fields(value, out); }) fine = check_fields(value, out) && fine;
    return fine;
}

template <Described T>
struct Kind<T> {
    static Shape shape(const T& initial) {
        Shape out;
        out.kind = "a mapping";
        out.keys = shapes_of(initial);
        return out;
    }
    static bool read(const Value& value, T& out) { return read_fields(value, out); }
};

/// null means none.
template <typename T>
struct Kind<std::optional<T>> {
    static Shape shape(const std::optional<T>& initial) {
        Shape out = Kind<T>::shape(initial.value_or(T{}));
        if (!initial) out.initial.clear();
        return out;
    }
    static bool read(const Value& value, std::optional<T>& out) {
        if (value.node().is_null()) {
            out.reset();
            return true;
        }
        T fresh = out.value_or(T{});
        const bool fine = Kind<T>::read(value, fresh);
        if (fine || Described<T>) out = std::move(fresh);
        return fine;
    }
};

template <typename T>
struct Kind<std::vector<T>> {
    static Shape shape(const std::vector<T>& initial) {
        Shape out = Kind<T>::shape(T{});
        if (!out.keys.empty()) {
            out.kind = "a list of mappings";
        } else {
            out.kind = fmt::format("a list, each {}", out.kind);
        }
        out.is_list = true;
        out.initial = "[";
        for (const T& item : initial) {
            if constexpr (!Described<T>)
                out.initial += (out.initial.size() > 1 ? ", " : "") + Kind<T>::shape(item).initial;
        }
        out.initial += "]";
        return out;
    }
    static bool read(const Value& value, std::vector<T>& out) {
        if (value.node().is_null()) return true;
        if (!value.node().is_list()) {
            value.wrong("a list", "[first, second]");
            return false;
        }
        std::vector<T> fresh;
        bool fine = true;
        for (std::size_t i = 0; i < value.node().items.size(); ++i) {
            T item{};
            fine = Kind<T>::read(value.item(i), item) && fine;
            fresh.push_back(std::move(item));
        }
        out = std::move(fresh);
        return fine;
    }
};

template <typename T>
struct Kind<std::map<std::string, T>> {
    static Shape shape(const std::map<std::string, T>&) {
        Shape out = Kind<T>::shape(T{});
        out.kind = out.keys.empty() ? fmt::format("a mapping of names, each to {}", out.kind)
                                    : std::string("a mapping of names");
        out.is_named = true;
        out.initial = "{}";
        return out;
    }
    static bool read(const Value& value, std::map<std::string, T>& out) {
        if (value.node().is_null()) return true;
        if (!value.node().is_map()) {
            value.wrong("a mapping of names", "{name: value}");
            return false;
        }
        bool fine = true;
        for (const Entry& entry : value.node().entries)
            fine = Kind<T>::read(value.child(entry), out[entry.key]) && fine;
        return fine;
    }
};

}  // namespace casement::app::config
