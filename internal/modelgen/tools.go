//go:build tools

package main

// The API models are data of this module; the import pins its version and is never compiled in.
import _ "github.com/aws/aws-sdk-go"
