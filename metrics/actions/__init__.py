from metrics.actions.rollups import count_orders, recount_all_orders

__all__ = ["count_orders", "recount_all_orders"]
