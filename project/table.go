package project

import (
	"slices"
	"strings"
	"sync"
)

// deep ends the key of a row that speaks for everything below it too.
const deep = ".**"

// table is put together on first use: commands that load no file pay nothing.
var table = sync.OnceValue(func() []Support {
	rows := slices.Concat(topRows(), processRows(), buildRows(), isolationRows(), resourceRows(),
		networkRows(), storageRows(), lifecycleRows(), deployRows())
	slices.SortFunc(rows, func(a, b Support) int { return strings.Compare(a.Key, b.Key) })
	return rows
})

// index finds rows by key, without the ".**".
var index = sync.OnceValue(func() map[string]Support {
	m := make(map[string]Support, len(table()))
	for _, row := range table() {
		m[strings.TrimSuffix(row.Key, deep)] = row
	}
	return m
})

// honoured makes plain rows for keys below prefix.
func honoured(prefix string, names ...string) []Support {
	rows := make([]Support, len(names))
	for i, n := range names {
		rows[i] = Support{Key: prefix + n, Fate: Honoured}
	}
	return rows
}

// same makes rows with one fate and reason for several keys below prefix.
func same(prefix string, fate Fate, reason string, names ...string) []Support {
	rows := honoured(prefix, names...)
	for i := range rows {
		rows[i].Fate, rows[i].Reason = fate, reason
	}
	return rows
}
