/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * How often a rule may match a subject before it fires, and speak again. A span begins with the first match after the one
 * before has ended. Two CPUs that begin one at the same time may count one match less: the span is then a little longer.
 */
#pragma once

enum rate_answer {
	RATE_TELL,
	RATE_QUIET, /* it fires, and is not told: once-per */
	RATE_BELOW, /* it does not fire: threshold */
};

static __always_inline struct quell_rate *rate_of(struct quell_rate_key *key, u64 now)
{
	void *map = bpf_map_lookup_elem(&rates, &map_numbers[0]);
	struct quell_rate first = { .begun_ns = now }, *rate;

	if (!map)
		return 0;
	rate = bpf_map_lookup_elem(map, key);
	if (rate)
		return rate;
	bpf_map_update_elem(map, key, &first, BPF_NOEXIST);
	return bpf_map_lookup_elem(map, key);
}

static __always_inline int rate_reached(struct quell_rate *rate, struct quell_rule *rule, u64 now)
{
	u64 begun = rate->begun_ns;

	if (now - begun > rule->within_ns && __sync_val_compare_and_swap(&rate->begun_ns, begun, now) == begun)
		rate->count = 0;
	return __sync_fetch_and_add(&rate->count, 1) + 1 >= rule->threshold;
}

/* Of the rule at an index, which has matched. */
__noinline u32 rate_ask(u32 slot, u32 index)
{
	struct work *work = WORK(slot);
	struct quell_rule_key rule_key = { .index = index, .half = work->half };
	struct quell_rule *rule = policy_find(&rules, rule_key.half, &rule_key);
	struct quell_rate_key key = { .container = work->query.container };
	u64 now = bpf_ktime_get_boot_ns(), told;
	struct quell_rate *rate;

	if (!rule)
		return RATE_TELL;
	key.rule = rule->id;
	rate = rate_of(&key, now);
	if (!rate) {
		count(QUELL_COUNTER_RATES_FULL);
		return RATE_TELL;
	}
	if (rule->threshold && !rate_reached(rate, rule, now)) {
		count(QUELL_COUNTER_HELD_BACK);
		return RATE_BELOW;
	}
	if (!rule->once_ns)
		return RATE_TELL;
	told = rate->told_ns;
	if ((told && now - told < rule->once_ns) || __sync_val_compare_and_swap(&rate->told_ns, told, now) != told) {
		count(QUELL_COUNTER_HELD_BACK);
		return RATE_QUIET;
	}
	return RATE_TELL;
}
