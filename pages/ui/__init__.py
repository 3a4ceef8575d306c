"""What pages share: navigation, the sidebar, the state, cards."""
