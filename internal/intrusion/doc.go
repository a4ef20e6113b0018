// Package intrusion shows that an account to which nothing was given reads and changes nothing of another account, whatever
// it calls and whatever ids it has got hold of, and that nobody becomes more than it was allowed to be. It has tests only.
package intrusion
