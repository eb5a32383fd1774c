// Package dockerfile reads Dockerfiles: it makes a [build.Graph] of one.
//
// # Purpose
//
// BuildKit's parser, instruction types, shell lexer and rules are used as
// libraries; this package does what stands between them and a graph: scopes of
// variables, stages and what they use, triggers of base images, defaults, and the
// words that docker writes into an image's history. It is right where BuildKit's
// own converter (dockerfile2llb) gives the same image.
//
//	Lower    a Dockerfile to a graph for one target
//	Check    what the rules have to say of all stages, without any base image
//	Ignore   the patterns of .dockerignore that belong to a Dockerfile
//	Excerpt  lines of a Dockerfile, as errors show them
//
// # Model
//
//	parse    bytes -> instructions; limits, directives (syntax, escape, check)
//	plan     names of stages, what each uses; only what the target needs is kept
//	bases    the images of those stages are asked for, several at a time; their
//	         ONBUILD triggers become instructions, which may need more images
//	walk     in the file's order each stage's instructions change a scope (variables,
//	         shell, user, directory) and a configuration, and become steps
//
// # Invariants
//
//   - Nothing is opened, run or fetched: images, environment and ignore patterns come
//     through functions of the [Input].
//   - A Dockerfile is data: its size, number of instructions, variables, and what
//     variables may expand to are bounded before memory is taken.
//   - A step holds no variable of the Dockerfile any more.
//   - An error is an [Error] with the lines that it is about, unless an image could not
//     be had for a reason that has no line.
//
// # Limits
//
// Linux images only. The program that "# syntax=" names is not run: the known names of
// docker's own frontend mean this package, others are refused. SOURCE_DATE_EPOCH is a
// number of seconds. RUN --device is said and left out.
package dockerfile
