package template

import (
	"math/bits"
	"net/netip"
	"strconv"
)

const maxCidrs = 256

// cidr is Fn::Cidr: count blocks, one after another from the beginning of a block, each with room for 2^cidrBits
// addresses. Without cidrBits they are as large as fit, in whole powers of two.
func (v *evaluator) cidr(n *Node) (result, error) {
	args, left, err := v.arguments(n)
	if err != nil || left.open {
		return left, err
	}
	var numbers [2]int
	for i, a := range args {
		ok := a.node.is(Scalar)
		if ok && i > 0 {
			numbers[i-1], err = strconv.Atoi(a.node.Text)
			ok = err == nil
		}
		if !ok {
			return result{}, n.errorf("%s", functions["Fn::Cidr"].text)
		}
	}
	count := numbers[0]
	if count < 1 || count > maxCidrs {
		return result{}, n.errorf("Template error: the count of Fn::Cidr must be between 1 and %d: %d", maxCidrs, count)
	}
	block, err := netip.ParsePrefix(args[0].node.Text)
	if err != nil || block.Addr().Is4In6() {
		return result{}, n.errorf("Template error: the ipBlock of Fn::Cidr is no CIDR block: %s", args[0].node.Text)
	}
	size := block.Addr().BitLen()
	host := size - block.Bits() - bits.Len(uint(count-1)) // as large as fit
	if len(args) == 3 {
		host = numbers[1]
	}
	if host < 0 || host > size {
		return result{}, n.errorf("Template error: the cidrBits of Fn::Cidr must be between 0 and %d for this ipBlock: %d", size, host)
	}
	blocks, ok := subnets(block.Masked(), size-host, count)
	if !ok {
		return result{}, n.errorf("Template error: Fn::Cidr cannot take %d blocks with %d cidrBits from %s", count, host, block)
	}
	return v.texts(blocks, n)
}

// subnets are the first count blocks of the given prefix length in block, if there are as many.
func subnets(block netip.Prefix, length, count int) ([]string, bool) {
	room := length - block.Bits()
	if room < 0 || room < 16 && count > 1<<room {
		return nil, false
	}
	var blocks []string
	addr := block.Addr().AsSlice()
	for range count {
		a, _ := netip.AddrFromSlice(addr)
		blocks = append(blocks, netip.PrefixFrom(a, length).String())
		if length > 0 {
			increase(addr, length-1)
		}
	}
	return blocks, true
}

// increase adds one to the number that the first bit+1 bits of addr are.
func increase(addr []byte, bit int) {
	i, step := bit/8, byte(1)<<(7-bit%8)
	for addr[i] += step; addr[i] < step && i > 0; addr[i] += step {
		i--
		step = 1
	}
}
