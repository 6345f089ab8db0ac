package mapping

// jsonValue reads a JSON text; what is none is a mistake of the test.
func jsonValue(text string) Value {
	v, err := ParseJSON(text)
	if err != nil {
		panic(err)
	}
	return v
}
