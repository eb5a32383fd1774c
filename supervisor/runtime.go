package supervisor

import "github.com/mocker-compose/mocker-compose/supervisor/kernel"

// What the supervisor needs of the kernel; see package kernel.
type (
	Runtime       = kernel.Runtime
	Container     = kernel.Container
	OneOff        = kernel.OneOff
	Exit          = kernel.Exit
	Run           = kernel.Run
	PublishedPort = kernel.PublishedPort
	Attachment    = kernel.Attachment
	ExecSpec      = kernel.ExecSpec
	StartError    = kernel.StartError
	LimitError    = kernel.LimitError
	Known         = kernel.Known
	Happening     = kernel.Happening
)
