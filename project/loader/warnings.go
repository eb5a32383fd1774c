package loader

import (
	"io"
	"slices"
	"sync"

	"github.com/sirupsen/logrus"
)

// captureMu lets one load at a time use the global logger.
var captureMu sync.Mutex

// captureWarnings sends what compose-go logs to out, each line once, until
// stop is called.
func captureWarnings(out *[]string) (stop func()) {
	captureMu.Lock()
	log := logrus.StandardLogger()
	writer, hooks := log.Out, log.ReplaceHooks(logrus.LevelHooks{})
	log.SetOutput(io.Discard)
	log.AddHook(collector{out})
	return func() {
		log.ReplaceHooks(hooks)
		log.SetOutput(writer)
		captureMu.Unlock()
	}
}

type collector struct{ out *[]string }

// Levels implements logrus.Hook.
func (collector) Levels() []logrus.Level {
	return []logrus.Level{logrus.WarnLevel, logrus.ErrorLevel}
}

// Fire implements logrus.Hook.
func (c collector) Fire(e *logrus.Entry) error {
	if !slices.Contains(*c.out, e.Message) {
		*c.out = append(*c.out, e.Message)
	}
	return nil
}
