package transfer

import (
	"context"
	"runtime"

	"sesame/tree/manifest"
)

// mostPlain is how many entries a list may have to be looked at before the disk is
// asked. Asking makes some 25 small files; looking at a long list takes longer.
const mostPlain = 1000

// Fit returns what m is where names holds, a Config's, and what is known of this
// computer's system besides; and these rules, as far as they matter. Errors are
// Rules.Apply's.
func Fit(ctx context.Context, m *manifest.Manifest, names func() manifest.Rules) (*manifest.Fitted, manifest.Rules, error) {
	rules := manifest.Everywhere()
	if len(m.Entries) <= mostPlain {
		if as, err := rules.Apply(ctx, m); err != nil || len(as.Renamed)+len(as.Left) == 0 {
			return as, rules, err
		}
	}
	rules = rulesHere(names)
	as, err := rules.Apply(ctx, m)
	return as, rules, err
}

// FitName is OfferedName where these rules hold.
func FitName(offered string, names func() manifest.Rules) (SafeName, []manifest.Renaming) {
	if name, renamed := OfferedName(offered, manifest.Everywhere()); len(renamed) == 0 {
		return name, nil
	}
	return OfferedName(offered, rulesHere(names))
}

func rulesHere(names func() manifest.Rules) manifest.Rules {
	rules := manifest.SystemRules(runtime.GOOS)
	if names != nil {
		rules = rules.And(names())
	}
	return rules
}
