package seal

import (
	"crypto/aes"
	"crypto/cipher"
	"crypto/subtle"
)

// nonceSize is that of XAES-256-GCM: long enough for random nonces without a limit on how many.
const nonceSize = 24

// xaes is XAES-256-GCM as https://c2sp.org/XAES-256-GCM specifies it: the first half of the nonce and the key give a key
// of AES-256-GCM (NIST SP 800-108r1, CMAC in counter mode), the second half is the nonce under that key.
type xaes struct {
	block cipher.Block
	k1    [aes.BlockSize]byte // CMAC's subkey for whole blocks
}

func newXAES(key []byte) (xaes, error) {
	b, err := aes.NewCipher(key)
	if err != nil {
		return xaes{}, err
	}
	x := xaes{block: b}
	b.Encrypt(x.k1[:], x.k1[:])
	carry := byte(0)
	for i := len(x.k1) - 1; i >= 0; i-- {
		next := x.k1[i] >> 7
		x.k1[i] = x.k1[i]<<1 | carry
		carry = next
	}
	x.k1[len(x.k1)-1] ^= carry * 0b10000111
	return x, nil
}

// under gives the cipher that the first half of a nonce selects.
func (x xaes) under(nonce []byte) (cipher.AEAD, error) {
	var key [2 * aes.BlockSize]byte
	for i, half := range [][]byte{key[:aes.BlockSize], key[aes.BlockSize:]} {
		m := [aes.BlockSize]byte{0, byte(i + 1), 'X', 0}
		copy(m[4:], nonce[:12])
		subtle.XORBytes(m[:], m[:], x.k1[:])
		x.block.Encrypt(half, m[:])
	}
	b, err := aes.NewCipher(key[:])
	if err != nil {
		return nil, err
	}
	return cipher.NewGCM(b)
}

func (x xaes) seal(dst, nonce, plain, data []byte) ([]byte, error) {
	c, err := x.under(nonce)
	if err != nil {
		return nil, err
	}
	return c.Seal(dst, nonce[12:nonceSize], plain, data), nil
}

func (x xaes) open(nonce, text, data []byte) ([]byte, error) {
	c, err := x.under(nonce)
	if err != nil {
		return nil, err
	}
	return c.Open(nil, nonce[12:nonceSize], text, data)
}
