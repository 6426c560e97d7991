package main

import "sesame/client"

// programWords writes what sort of program the other computer has, where that is told:
// as who says or can't do something, or as what can be done about it.
func programWords(argument string, program client.Code) (words string, ok bool) {
	sort := map[client.Code]int{client.OlderSesame: 0, client.NewerSesame: 1, client.ForeignProgram: 2}
	n, ok := sort[program]
	if !ok {
		return "", false
	}
	const ages = "streams and --require-pq need sesames of one age on both sides: "
	as, ok := map[string][3]string{
		"peer":    {olderSesame, newerSesame, "the other program"},
		"side":    {olderSesame, newerSesame, "the other computer"},
		"remedy":  {"update it there, or ", "update this one, or ", ""},
		"between": {ages + "update it there", ages + "update this one", ""},
	}[argument]
	return as[n], ok
}

const (
	olderSesame = "the other computer's sesame, which is older,"
	newerSesame = "the other computer's sesame, which is newer,"
)

// otherPrograms are what the other computer may have, and what that costs.
func otherPrograms() map[client.Code]wording {
	const (
		key   = "the key isn't post-quantum"
		again = "what is interrupted starts again from the beginning"
	)
	return map[client.Code]wording{
		client.ForeignProgram: {text: "the other program"},
		client.OlderSesame:    {text: olderSesame},
		client.NewerSesame:    {text: newerSesame},
		client.CostsKey:       {text: key},
		client.CostsAgain:     {text: key + ", and " + again},
		client.CostsFolder:    {text: key + ", " + again + ", and all of it comes in one folder, {name}"},
	}
}
