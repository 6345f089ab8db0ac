package pace

// State is what a Learning gate knows, for the checkpoint: plain JSON, no times.
type State struct {
	Limit       float64 `json:"limit"`                   // requests per second; 0: none met
	Burst       float64 `json:"burst,omitempty"`         // requests that may come at once on top; of a window: its count
	Window      float64 `json:"window,omitempty"`        // seconds; 0: no window seen
	MaxInFlight int     `json:"max_in_flight,omitempty"` // the tenant's cap; 0: none met
	Margin      float64 `json:"margin,omitempty"`        // part of the limit that is left unused
	Shape       Shape   `json:"shape"`
}
