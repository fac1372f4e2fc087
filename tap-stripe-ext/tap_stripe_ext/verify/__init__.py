"""`--verify`: compares what a target received with what Stripe lists now.

Stripe's side is a whole run of the tap without a state, written to nothing but the comparison:
what it emits is, by the tap's own rules, what a complete target holds. A difference is looked at
again by a run from the target's last state: what that run would bring is not missing, but on its
way.
"""
