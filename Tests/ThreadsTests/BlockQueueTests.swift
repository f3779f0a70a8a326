import Testing

@testable import wstap

@Suite("A queue of blocks")
struct BlockQueueTests {
    @Test("gives blocks in order, the rest of one before the next")
    func rest() {
        var queue = BlockQueue { 0 }
        for number in 1...8 {
            var block = number
            queue.put(&block)
            #expect(block == 0)
        }
        var block = 0
        queue.take(&block)
        #expect(block == 1 && queue.count == 7 && !queue.isRunnable)
        var ninth = 9
        queue.put(&ninth)
        block = 100
        queue.end(&block, isDone: false)
        #expect(block == 0 && queue.isRunnable && queue.count == 8 && queue.begun == 1)
        var taken: [Int] = []
        while queue.isRunnable {
            queue.take(&block)
            taken.append(block)
            block = 0
            queue.end(&block, isDone: true)
        }
        #expect(taken == [100, 2, 3, 4, 5, 6, 7, 8, 9] && queue.isDone)
    }
}
