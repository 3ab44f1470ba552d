// SPDX-License-Identifier: Apache-2.0
// The methods of io.quell that are about policies.
#include <algorithm>
#include <map>

#include "user/base/escape.h"
#include "user/daemon/daemon.h"

namespace quell::daemon {
namespace {

using control::Json;

Json finding_json(const policy::Finding& finding) {
    Json json = {{"code", policy::code_name(finding.code)},
                 {"severity", finding.severity == policy::Severity::kError ? "error" : "warning"},
                 {"file", escape(finding.file)},
                 {"line", finding.line},
                 {"column", finding.column},
                 {"message", escape(finding.message)}};
    if (!finding.hint.empty()) json["hint"] = escape(finding.hint);
    return json;
}

Json findings_json(const std::vector<policy::Finding>& findings) {
    auto list = Json::array();
    for (const auto& finding : findings) list.push_back(finding_json(finding));
    return list;
}

Json outcome_json(const ApplyOutcome& outcome) {
    return {{"changed", outcome.changed}, {"generation", outcome.generation}, {"digest", outcome.digest},
            {"rules", outcome.rules}, {"map_bytes", outcome.map_bytes}, {"findings", findings_json(outcome.findings)}};
}

class Listing {
public:
    explicit Listing(const Policies& policies) : source_(policies) {}

    void rule(const std::string& policy, const std::string& id, const std::string& file, policy::Mode mode) {
        auto& json = policies_.try_emplace(policy, Json{{"name", escape(policy)}, {"version", escape(source_.version_of(policy))}, {"file", escape(file)}, {"rules", 0}, {"rule_ids", Json::array()},
                                                        {"observed", Json::array()}, {"off", Json::array()}}).first->second;
        if (mode == policy::Mode::kOff) return json["off"].push_back(escape(id));
        json["rules"] = json["rules"].get<int>() + 1;
        json["rule_ids"].push_back(escape(id));
        if (mode == policy::Mode::kObserve) json["observed"].push_back(escape(id));
    }
    Json take() {
        auto list = Json::array();
        for (auto& [name, json] : policies_) list.push_back(std::move(json));
        return list;
    }

private:
    const Policies& source_;
    std::map<std::string, Json> policies_;
};

}  // namespace

void Daemon::apply_policy(const Json& params, const control::Peer& peer, control::Responder responder) {
    ApplyRequest request{.paths = {}, .dry_run = control::true_member(params, "dry_run"), .allow_empty = control::true_member(params, "allow_empty")};
    for (const auto& file : control::member(params, "files")) request.paths.push_back(file.get<std::string>());
    for (const auto& path : request.paths)
        if (path.empty() || path.front() != '/') return responder.fail("paths must be absolute: " + escape(path));
    if (request.paths.empty()) request.paths.push_back(config_.policy_dir);
    auto outcome = policies_->apply(request);
    if (!outcome) return responder.fail(escape(outcome.error().message));
    if (!outcome->applied) return responder.error("io.quell.PolicyInvalid", {{"findings", findings_json(outcome->findings)}});
    if (!request.dry_run) record_policy(*outcome, &peer);
    responder.reply(outcome_json(*outcome));
}

void Daemon::list_policies(const Json&, const control::Peer&, control::Responder responder) {
    std::map<std::pair<std::string, std::string>, policy::Mode> modes;
    Listing listing(*policies_);
    for (const auto& rule : policies_->moded()) {
        modes.emplace(std::pair(rule.policy, rule.id), rule.mode);
        if (rule.mode == policy::Mode::kOff) listing.rule(rule.policy, rule.id, rule.file, rule.mode);
    }
    for (const auto& rule : policies_->image().rules) {
        if (rule.is_builtin()) continue;
        const auto mode = modes.find({rule.policy, rule.id});
        listing.rule(rule.policy, rule.id, rule.file, mode == modes.end() ? policy::Mode::kOn : mode->second);
    }
    responder.reply({{"generation", policies_->generation()}, {"policies", listing.take()}});
}

// The files are read on the reader's thread; what is done with them is done on the loop.
void Daemon::rollback_policy(const Json& params, const control::Peer& peer, control::Responder responder) {
    const auto wanted = static_cast<std::uint64_t>(std::max<std::int64_t>(0, control::integer_member(params, "generation")));
    const bool dry_run = control::true_member(params, "dry_run");
    auto shared = std::make_shared<control::Responder>(std::move(responder));
    auto submitted = reader_->submit([this, wanted, running = policies_->generation()] { return wanted ? kept_.read(wanted) : kept_.before(running); },
                                     [this, shared, dry_run, peer](const Result<KeptPolicy>& kept) {
                                         if (!kept) shared->fail(escape(kept.error().message));
                                         else roll_back(*kept, dry_run, peer, *shared);
                                     });
    if (!submitted) shared->fail("too many ask for the history at once: try again");
}

void Daemon::roll_back(const KeptPolicy& kept, bool dry_run, const control::Peer& peer, control::Responder& responder) {
    auto outcome = policies_->apply(kept.sources, {.paths = {}, .dry_run = dry_run, .allow_empty = true});
    if (!outcome) return responder.fail(escape(outcome.error().message));
    if (!outcome->applied) return responder.error("io.quell.PolicyInvalid", {{"findings", findings_json(outcome->findings)}});
    if (!dry_run) record_policy(*outcome, &peer, kept.origin);
    if (!dry_run && outcome->changed)
        vitals_.policy_warning = "rolled back to the policy of generation " + std::to_string(kept.origin) + ": a reload or restart applies " + config_.policy_dir + " again";
    Json reply = outcome_json(*outcome);
    reply["origin"] = kept.origin;
    responder.reply(reply);
}

// One file a call: all of them may be larger than an answer.
void Daemon::running_policy(const Json& params, const control::Peer&, control::Responder responder) {
    const auto index = control::integer_member(params, "index");
    read_later(std::move(responder), [this, index, running = policies_->generation()]() -> Result<Json> {
        const auto kept = kept_.read(running);
        if (!kept) return kept.error();
        const auto count = static_cast<std::int64_t>(kept->sources.size());
        Json reply = {{"generation", running}, {"digest", kept->digest}, {"files", count}};
        if (index < 0 || (index >= count && index > 0)) return Error{"there are " + std::to_string(count) + " files", EINVAL, {}};
        if (index >= count) return reply;  // a policy of no files
        const policy::Source& source = kept->sources[static_cast<std::size_t>(index)];
        reply["file"] = escape(source.file);
        reply["text"] = source.text;
        return reply;
    });
}

}  // namespace quell::daemon
