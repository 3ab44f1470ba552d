// SPDX-License-Identifier: Apache-2.0
// EngineView: the running kernel side as a KernelView. In a header, so that
// who has an Engine links it and the incidents themselves do not. What was
// prepared for the response that is asked about spares it walks of paths.
#pragma once

#include <memory>
#include <utility>

#include "user/bpf/engine.h"
#include "user/incident/kernel_view.h"
#include "user/response/cgroup.h"
#include "user/response/hold.h"
#include "user/response/process.h"
#include "user/response/response.h"
#include "user/response/vital.h"

namespace quell::incident {

class EngineView final : public KernelView {
public:
    explicit EngineView(bpf::Engine& engine) : engine_(engine), vital_(own_vital_) {}
    EngineView(bpf::Engine& engine, std::shared_ptr<const response::Prepared> prepared, response::VitalFiles& vital)
        : engine_(engine), prepared_(std::move(prepared)), vital_(vital) {}
    EngineView(const EngineView&) = delete;
    EngineView& operator=(const EngineView&) = delete;

    std::optional<quell_container> container(std::uint64_t cgroup) const override { return engine_.container(cgroup); }
    Result<std::vector<quell_task_ref>> tasks(std::uint64_t container, std::uint64_t actor, const quell_task_ref* mark) override {
        return engine_.tasks(container, actor, mark);
    }
    std::optional<std::uint64_t> quarantined_by(const quell_file_key& file) const override {
        const auto entry = engine_.file(file);
        return entry ? std::optional<std::uint64_t>(entry->incident) : std::nullopt;
    }
    std::optional<std::uint64_t> exec_denied_by(const quell_executable_key& executable) const override {
        const auto entry = engine_.executable(executable);
        return entry ? std::optional<std::uint64_t>(entry->incident) : std::nullopt;
    }
    Result<std::vector<quell_task_ref>> executing(const quell_file_key& file, std::uint64_t container) override { return engine_.executing(file, container); }
    bool is_vital(const quell_pending& entry) const override { return vital_.has(entry); }
    bool is_frozen(std::uint64_t cgroup) const override {
        const auto known = prepared_ ? prepared_->is_frozen() : std::nullopt;
        return (known ? *known : response::is_frozen_by_itself(cgroup)) && !response::is_held_frozen(engine_, cgroup);
    }
    std::optional<std::uint64_t> isolated_by(std::uint64_t cgroup) const override {
        const auto isolation = engine_.isolation(cgroup);
        return isolation && isolation->incident ? std::optional<std::uint64_t>(isolation->incident) : std::nullopt;
    }
    std::optional<std::uint64_t> write_denied_by(std::uint64_t cgroup) const override {
        const auto denial = engine_.write_denial(cgroup);
        return denial ? std::optional<std::uint64_t>(denial->incident) : std::nullopt;
    }
    bool is_alive(const quell_task_ref& task) const override {
        const auto known = prepared_ ? prepared_->is_alive(task) : std::nullopt;
        return known ? *known : response::is_alive(task);
    }
    std::uint32_t enabled_offers() const override { return engine_.globals().enabled_offers; }
    std::uint64_t self_container() const override { return engine_.globals().self_container; }
    std::uint32_t self_pid() const override { return engine_.globals().self_pid; }

private:
    bpf::Engine& engine_;
    std::shared_ptr<const response::Prepared> prepared_;
    response::VitalFiles own_vital_;
    response::VitalFiles& vital_;
};

}  // namespace quell::incident
