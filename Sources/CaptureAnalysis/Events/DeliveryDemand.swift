/// Of which messages the delivery is told.
public enum DeliveryDemand: Sendable {
    /// Of none.
    case none
    /// Of those that were sent again, as a whole or in part, and those that were never acknowledged.
    case troubled
    /// Of all.
    case all
}
